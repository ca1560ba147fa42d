import type { Lane } from '#scoring/batcher.js';
import { BATCH_ROWS_MAX, REASON_GROUPS_MAX } from '#scoring/manifest.js';

/**
 * A fuller score lane could not meet its deadlines: 512 rows of 10 microseconds and the batch that
 * runs.
 */
export const SCORE_ROWS_MAX = 512;
const EXPLANATION_ROWS_MAX = 8 * REASON_GROUPS_MAX;
/**
 * One chunk of bulk work: what an interactive request may find in its way, about half a
 * millisecond.
 */
export const BULK_ROWS = 64;

const lanes: readonly (readonly [Lane, number])[] = [
  ['score', SCORE_ROWS_MAX + BATCH_ROWS_MAX],
  ['explanation', EXPLANATION_ROWS_MAX + BATCH_ROWS_MAX],
  ['bulk', BULK_ROWS],
];

export const SLOTS = lanes.reduce((sum, [, size]) => sum + size, 0);

/**
 * The free row slots of a worker's shared memory, apart for each lane so that none can starve
 * another.
 */
export class SlotPool {
  private readonly free: Readonly<Record<Lane, number[]>> = {
    score: [],
    explanation: [],
    bulk: [],
  };

  constructor() {
    let slot = 0;
    for (const [lane, size] of lanes) {
      for (const end = slot + size; slot < end; slot += 1) this.free[lane].push(slot);
    }
  }

  /** As many slots, or null when the lane has too few left. */
  take(lane: Lane, count: number): readonly number[] | null {
    const free = this.free[lane];
    return free.length < count ? null : free.splice(free.length - count, count);
  }

  give(lane: Lane, slots: readonly number[]): void {
    for (const slot of slots) this.free[lane].push(slot);
  }
}
