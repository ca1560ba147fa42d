import { LabelImportReport, type LineProblem } from '#contracts/label-import.js';
import { ApiClient } from '../cli/api-client.js';
import { whole } from '../cli/format-number.js';
import { Progress } from '../cli/progress.js';
import { readLines } from '../cli/read-table.js';
import { csvParts } from './csv-parts.js';

/** A few seconds of work for the API, and a step of progress. */
const PART_LINES = 5_000;
const TIMEOUT_MS = 60_000;

export interface ImportOptions {
  readonly file: string;
  readonly url: string;
  readonly key: string;
}

/** Sends a file of labels, part by part; lines are those of the file in the report. */
export async function importLabels(options: ImportOptions): Promise<LabelImportReport> {
  const client = new ApiClient({
    url: options.url,
    key: options.key,
    socketsMax: 1,
    scopes: 'the scope label',
    refusedAdvice: 'see docs/guides/labels.md for the columns',
    goneAdvice: 'Send the file again: labels count once',
  });
  const progress = new Progress({ label: 'labels', total: null });
  const total = { accepted: 0, duplicates: 0, refused: 0, problems_left_out: 0 };
  const problems: LineProblem[] = [];
  let sent = 0;
  try {
    for await (const { text, linesBefore, lines } of csvParts(
      readLines(options.file),
      PART_LINES,
    )) {
      const report = await send(client, text);
      total.accepted += report.accepted;
      total.duplicates += report.duplicates;
      total.refused += report.refused;
      total.problems_left_out += report.problems_left_out;
      for (const problem of report.problems) {
        problems.push({ ...problem, line: problem.line + linesBefore });
      }
      sent += lines;
      progress.update(sent, () => `${whole(sent)} lines`);
    }
  } finally {
    client.close();
  }
  progress.finish(sent, `${whole(sent)} lines`);
  return { ...total, problems };
}

async function send(client: ApiClient, text: string): Promise<LabelImportReport> {
  const body = { mediaType: 'text/csv', text, timeoutMs: TIMEOUT_MS };
  return LabelImportReport.parse(JSON.parse(await client.postText('/v1/labels/import', body)));
}

/** The report for a reader: a line for each problem, then the counts. */
export function formatImport(report: LabelImportReport): string {
  const lines = report.problems.map(({ line, column, reason, advice }) => {
    const where = column === null ? `line ${line}` : `line ${line}, ${column}`;
    return `${where}: ${reason}; ${advice}`;
  });
  const { problems_left_out: leftOut } = report;
  if (leftOut > 0) lines.push(`and ${whole(leftOut)} more like these`);
  const { accepted, duplicates, refused } = report;
  lines.push(
    `${whole(accepted)} labels taken, ${whole(duplicates)} of them known before; ` +
      `${whole(refused)} lines refused`,
  );
  return `${lines.join('\n')}\n`;
}
