import { labelStrengths } from '#contracts/label-source.js';
import { LabelRequest } from '#contracts/outcome-request.js';
import { flagsInForce, withLabel, type EventLabel } from '#features/event-labels.js';
import { FLAG_FRAUD } from '#features/event-record.js';
import { isCsvName, readCsv, readLines } from '../cli/read-table.js';
import { TimeQueue } from '../cli/time-queue.js';
import type { HistoryItem } from './history-item.js';
import { UserError } from '../cli/user-error.js';

/** A label and when it became known. */
export interface DueLabel {
  /** When it became known, epoch ms. */
  readonly timeMs: number;
  readonly request: LabelRequest;
  /** The entities of its payment, where they are known: what it must not overtake. */
  readonly keys: readonly string[] | null;
}

/**
 * The labels that are still to come, in the order in which they become known. A label known exactly
 * when a payment happens comes before that payment.
 */
export class LabelSchedule {
  private readonly queue = new TimeQueue<DueLabel>();
  /** From a labels file: all that is ever said of a payment. */
  private readonly said = new Map<string, readonly EventLabel[]>();

  constructor(private readonly fromFile: readonly DueLabel[] | null) {
    // A stable sort: of labels known at one time, the later in the file is the later word.
    const ordered = (fromFile ?? []).toSorted((a, b) => a.timeMs - b.timeMs);
    for (const [id, label] of ordered.entries()) {
      this.queue.push(label);
      const { transaction_id: payment, source, label: word } = label.request;
      const added: EventLabel = {
        id,
        strength: labelStrengths[source],
        label: word === 'abuse' ? 'fraud' : word,
        saidAtMs: label.timeMs,
      };
      this.said.set(payment, withLabel(this.said.get(payment) ?? [], added));
    }
  }

  get waiting(): number {
    return this.queue.size;
  }

  get nextTimeMs(): number {
    return this.queue.nextTimeMs;
  }

  /** What the payment was in the end; null when neither the history nor a labels file says. */
  truthOf(item: HistoryItem): boolean | null {
    if (this.fromFile === null) return item.isFraud;
    const said = this.said.get(item.request.transaction_id) ?? [];
    return (flagsInForce(said) & FLAG_FRAUD) !== 0;
  }

  /** Plans the label that the history itself gives a payment. */
  add(item: HistoryItem, keys: readonly string[] | null): void {
    const { label, request, timeMs } = item;
    if (label === null || this.fromFile !== null) return;
    const knownMs = timeMs + label.delayMs;
    this.queue.push({
      timeMs: knownMs,
      keys,
      request: {
        transaction_id: request.transaction_id,
        label: label.label,
        source: label.source,
        reported_at: new Date(knownMs).toISOString(),
      },
    });
  }

  *due(untilMs: number): Generator<DueLabel, void, undefined> {
    while (this.queue.nextTimeMs <= untilMs) {
      const label = this.queue.pop();
      if (label !== undefined) yield label;
    }
  }
}

/** Reads a labels file: CSV or JSON lines with the fields of `POST /v1/labels` and `known_at`. */
export async function readLabels(path: string): Promise<readonly DueLabel[]> {
  const labels: DueLabel[] = [];
  for await (const fields of labelRows(path)) {
    const { known_at: knownAt, ...rest } = fields;
    const timeMs = Date.parse(knownAt ?? '');
    const filled = Object.fromEntries(Object.entries(rest).filter(([, text]) => text !== ''));
    const parsed = LabelRequest.safeParse({ ...filled, reported_at: knownAt });
    if (Number.isNaN(timeMs) || !parsed.success) {
      const [issue] = parsed.error?.issues ?? [];
      const where = `${path}: label ${labels.length + 1}`;
      const what =
        issue === undefined ? 'known_at is no time' : `${issue.path.join('.')}: ${issue.message}`;
      throw new UserError(`${where}: ${what}`, 'see docs/guides/replay.md for the fields');
    }
    labels.push({ timeMs, request: parsed.data, keys: null });
  }
  return labels;
}

async function* labelRows(path: string): AsyncGenerator<Record<string, string>> {
  if (!isCsvName(path)) {
    for await (const line of readLines(path)) if (line !== '') yield parseLabel(path, line);
    return;
  }
  let columns: readonly string[] | null = null;
  for await (const row of readCsv(path)) {
    if (columns === null) columns = row;
    else yield Object.fromEntries(columns.map((column, index) => [column, row[index] ?? '']));
  }
}

function parseLabel(path: string, line: string): Record<string, string> {
  try {
    return JSON.parse(line);
  } catch {
    throw new UserError(
      `${path}: "${line.slice(0, 60)}" is no line of JSON`,
      'name CSV files .csv',
    );
  }
}
