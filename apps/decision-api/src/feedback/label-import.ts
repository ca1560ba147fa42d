import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '#contracts/app-error.js';
import {
  IMPORT_LINES_MAX,
  type LabelImportReport,
  type LineProblem,
} from '#contracts/label-import.js';
import type { LabelRequest } from '#contracts/outcome-request.js';
import { FeedbackService } from './feedback.service.js';
import { LabelCsv } from './label-csv.js';

/** Lines taken at once, and the pause after: 2,000 labels/s, and the loop is free between them. */
const BATCH_LINES = 50;
const PAUSE_MS = 25;
const PROBLEMS_MAX = 1_000;
const RETRY_SECONDS = 10;
const LINE_FEED = 10;

export interface ImportSource {
  readonly apiKeyId: string;
  /** UTF-8. */
  readonly csv: Buffer;
  /** Whether nobody waits for the report any more. */
  readonly isAbandoned: () => boolean;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** Takes labels from CSV, a few at a time, so that decisions do not notice. One import at once. */
@Injectable()
export class LabelImport {
  private isRunning = false;

  constructor(@Inject(FeedbackService) private readonly feedback: FeedbackService) {}

  /**
   * Refuses lines one by one; what cannot be stored ends the import, and all of it may be sent
   * again.
   *
   * @throws AppError IMPORT_IN_PROGRESS, REQUEST_INVALID for a wrong header, REQUEST_BODY_TOO_LARGE
   *   for too many lines, LABEL_NOT_STORED.
   */
  async run(source: ImportSource): Promise<LabelImportReport> {
    if (this.isRunning) {
      throw new AppError('IMPORT_IN_PROGRESS', { retryAfterSeconds: RETRY_SECONDS });
    }
    this.isRunning = true;
    try {
      return await this.take(source);
    } finally {
      this.isRunning = false;
    }
  }

  private async take({ apiKeyId, csv, isAbandoned }: ImportSource): Promise<LabelImportReport> {
    refuseTooMany(csv);
    const lines = linesOf(csv);
    const header = LabelCsv.of(lines.next().value?.text ?? '');
    if (!header.ok) {
      const detail = 'The first line names the columns; see docs/guides/labels.md.';
      throw new AppError('REQUEST_INVALID', { detail, errors: header.errors });
    }
    const report = { accepted: 0, duplicates: 0, refused: 0 };
    const problems: LineProblem[] = [];
    for (;;) {
      const batch = take(lines, BATCH_LINES);
      if (batch.length === 0 || isAbandoned()) break;
      const labels: LabelRequest[] = [];
      for (const { number, text } of batch) {
        const read = header.csv.read(text);
        if (read.ok) {
          labels.push(read.label);
          continue;
        }
        report.refused += 1;
        problems.push(...read.problems.map((problem) => ({ line: number, ...problem })));
      }
      const taken = await this.store(apiKeyId, labels, report.accepted);
      report.accepted += taken.length;
      report.duplicates += taken.filter(({ isRepeat }) => isRepeat).length;
      await sleep(PAUSE_MS);
    }
    return {
      ...report,
      problems: problems.slice(0, PROBLEMS_MAX),
      problems_left_out: Math.max(0, problems.length - PROBLEMS_MAX),
    };
  }

  private async store(apiKeyId: string, labels: readonly LabelRequest[], before: number) {
    try {
      return await this.feedback.recordLabels(apiKeyId, labels);
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause;
      const detail = `${before} labels were taken. Send the file again: they count once.`;
      throw new AppError(cause.code, { retryAfterSeconds: RETRY_SECONDS, detail, cause });
    }
  }
}

/** Before anything is taken. */
function refuseTooMany(csv: Buffer): void {
  let lines = 0;
  for (let at = csv.indexOf(LINE_FEED); at >= 0; at = csv.indexOf(LINE_FEED, at + 1)) lines += 1;
  // The header, and a last line that no line feed ends.
  if (lines > IMPORT_LINES_MAX + 1) {
    throw new AppError('REQUEST_BODY_TOO_LARGE', {
      detail: `Send at most ${IMPORT_LINES_MAX} lines at once, or use npm run labels -- import.`,
    });
  }
}

/** The lines that are not empty; their numbers count all, from 1. */
function* linesOf(csv: Buffer): Generator<Line, undefined> {
  let start = csv[0] === 0xef && csv[1] === 0xbb && csv[2] === 0xbf ? 3 : 0;
  for (let number = 1; start < csv.length; number += 1) {
    const found = csv.indexOf(LINE_FEED, start);
    const end = found < 0 ? csv.length : found;
    const text = csv.toString('utf8', start, end).trim();
    if (text !== '') yield { number, text };
    start = end + 1;
  }
  return undefined;
}

function take(lines: Iterator<Line, undefined>, count: number): readonly Line[] {
  const taken: Line[] = [];
  while (taken.length < count) {
    const next = lines.next();
    if (next.value === undefined) break;
    taken.push(next.value);
  }
  return taken;
}
