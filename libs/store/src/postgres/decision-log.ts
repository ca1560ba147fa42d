import type { Pool } from 'pg';
import { logBatchOf, type LogBatch, type LogRecord } from './log-batch.js';
import { LogPosition } from './log-position.entity.js';
import { dayOf, Partitions } from './partitions.js';
import type { Database } from './database.js';
import { insertBatch } from './insert-batch.js';

/** What of a batch was stored, counted by kind. */
export interface Stored {
  readonly decisions: number;
  readonly outcomes: number;
  readonly labels: number;
  readonly shadows: number;
  readonly deadLetters: number;
}

/** SQLSTATE classes of what a record itself is to blame for: its data, or a constraint. */
const RECORD_AT_FAULT = /^2[23]/;

/**
 * The log in Postgres. A batch and the position behind it are one statement: after a crash anywhere
 * the same records come again, and change nothing.
 */
export class DecisionLog {
  readonly partitions: Partitions;
  private readonly pool: Pool;

  constructor(
    private readonly database: Database,
    private readonly source: string,
  ) {
    this.pool = database.pool;
    this.partitions = new Partitions(database.pool);
  }

  /** The last record stored; null when there is none. */
  async position(): Promise<{ readonly sequence: number; readonly timeMs: number } | null> {
    const repository = this.database.source.getRepository(LogPosition);
    const found = await repository.findOneBy({ source: this.source });
    return found === null
      ? null
      : { sequence: Number(found.sequence), timeMs: Number(found.timeMs) };
  }

  /**
   * Stores records, at least one, in the order of the log. What cannot be stored is set aside with
   * the reason; rejects only when the database is at fault, and then the whole batch may be sent
   * again.
   */
  async store(records: readonly LogRecord[]): Promise<Stored> {
    const batch = logBatchOf(records);
    await this.partitions.provide([
      ...batch.decisions.map(({ createdAtMs }) => dayOf(createdAtMs)),
      ...batch.shadows.map((shadow) => dayOf(shadow.created_at_ms)),
    ]);
    try {
      return await this.insert(batch, records.at(-1)!);
    } catch (error) {
      if (!isRecordAtFault(error)) throw error;
      return records.length === 1 ? this.setAside(records[0]!, error) : this.storeHalves(records);
    }
  }

  /** Finds the record at fault by halving, so that it does not hold up the others. */
  private async storeHalves(records: readonly LogRecord[]): Promise<Stored> {
    const middle = Math.ceil(records.length / 2);
    const first = await this.store(records.slice(0, middle));
    const second = await this.store(records.slice(middle));
    return {
      decisions: first.decisions + second.decisions,
      outcomes: first.outcomes + second.outcomes,
      labels: first.labels + second.labels,
      shadows: first.shadows + second.shadows,
      deadLetters: first.deadLetters + second.deadLetters,
    };
  }

  private setAside(record: LogRecord, error: { readonly code: string }): Promise<Stored> {
    const reason = `refused by the database: SQLSTATE ${error.code}`;
    const nothing = { decisions: [], outcomes: [], labels: [], shadows: [], tallies: [] };
    return this.insert({ ...nothing, deadLetters: [{ record, reason }] }, record);
  }

  private async insert(batch: LogBatch, last: LogRecord): Promise<Stored> {
    await insertBatch(this.pool, this.source, batch, last);
    return {
      decisions: batch.decisions.length,
      outcomes: batch.outcomes.length,
      labels: batch.labels.length,
      shadows: batch.shadows.length,
      deadLetters: batch.deadLetters.length,
    };
  }
}

function isRecordAtFault(error: unknown): error is { readonly code: string } {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.length === 5 && RECORD_AT_FAULT.test(code);
}
