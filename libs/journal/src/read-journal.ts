import type { JournalPosition } from './group.js';
import { JournalWalk } from './journal-walk.js';
import type { JournalRecordType } from './record.js';

export interface JournalRecord {
  readonly position: JournalPosition;
  readonly type: JournalRecordType;
  /** When it was appended, epoch ms. */
  readonly timeMs: number;
  readonly payload: Buffer;
}

/** Something in the journal that is not as it should be. */
export interface JournalProblem {
  readonly kind: 'torn_tail' | 'corrupt_record' | 'missing_records' | 'damaged_header';
  /** First sequence of the segment concerned. */
  readonly segment: number;
  readonly offset: number;
  readonly message: string;
}

export interface ReadOptions {
  /** The first sequence wanted, such as the last one handled plus 1. */
  readonly fromSequence?: number;
  /** Only records appended at or after this time, epoch ms. */
  readonly sinceMs?: number;
  readonly types?: readonly JournalRecordType[];
  /** Wait for more at the end instead of returning. */
  readonly follow?: boolean;
  /** Ends a follow. */
  readonly signal?: AbortSignal;
  /** How often a follower looks for more. */
  readonly pollMs?: number;
  /** Called for all damage met: the reader goes on with the next segment, never silently. */
  readonly onProblem: (problem: JournalProblem) => void;
}

/**
 * Reads records in order of sequence, while the journal is being written too. A record is delivered
 * only when its checksum and its number are right. Behind a damaged record the framing of its
 * segment is lost: what stands there might be part of a payload, so reading goes on at the next
 * segment, and what is missing is reported.
 */
export async function* readJournal(
  folder: string,
  options: ReadOptions,
): AsyncGenerator<JournalRecord> {
  const { sinceMs = 0, types } = options;
  let next = options.fromSequence ?? 1;
  const walk = new JournalWalk(folder, options);
  try {
    for (;;) {
      const record = walk.take();
      if (record === null) {
        if (!(await walk.readOn())) return;
        continue;
      }
      if (record.position.sequence < next) continue;
      next = record.position.sequence + 1;
      if (record.timeMs < sinceMs || types?.includes(record.type) === false) continue;
      yield record;
    }
  } finally {
    await walk.close();
  }
}
