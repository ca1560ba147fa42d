import type { JournalRecord } from '#journal/read-journal.js';

export interface RecomputeResult {
  readonly identical: boolean;
  /** What differs, one sentence each: the field, what was recorded, what comes out now. */
  readonly differences: readonly string[];
}

/** Decides the transaction of a recorded decision again, from the record alone. */
export interface Recompute {
  recompute(record: JournalRecord): Promise<RecomputeResult>;
  close(): Promise<void>;
}

export type OpenRecompute = () => Promise<Recompute>;
