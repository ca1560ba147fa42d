import { MISSING_HASH } from './text-hash.js';

/**
 * Counts distinct 32-bit hashes in nested windows, one pass, no allocation: an open-addressing
 * table of the values seen. They must come in order of age, the newest first, so that each is
 * counted in the shortest window it is in.
 */
export class DistinctCounter {
  private readonly mask: number;
  private readonly keys: Uint32Array;
  /** A slot is in use when its stamp is the current one: a reset is one addition. */
  private readonly stamps: Uint32Array;
  private readonly counts: Float64Array;
  private stamp = 0;
  private current = MISSING_HASH;
  private currentBucket = 0;

  constructor(
    readonly recordOffset: number,
    windows: number,
    eventsMax: number,
  ) {
    const slots = 2 ** Math.ceil(Math.log2((eventsMax + 1) * 2));
    this.mask = slots - 1;
    this.keys = new Uint32Array(slots);
    this.stamps = new Uint32Array(slots);
    this.counts = new Float64Array(windows);
  }

  reset(current: number): void {
    this.stamp += 1;
    if (this.stamp === 2 ** 32) {
      this.stamps.fill(0);
      this.stamp = 1;
    }
    this.counts.fill(0);
    this.current = current;
    this.currentBucket = Number.POSITIVE_INFINITY;
  }

  add(hash: number, bucket: number): void {
    if (hash === MISSING_HASH) return;
    let slot = hash & this.mask;
    while (this.stamps[slot] === this.stamp) {
      if (this.keys[slot] === hash) return;
      slot = (slot + 1) & this.mask;
    }
    this.stamps[slot] = this.stamp;
    this.keys[slot] = hash;
    this.counts[bucket] = this.counts[bucket]! + 1;
    if (hash === this.current) this.currentBucket = bucket;
  }

  sumUp(): void {
    for (let window = 1; window < this.counts.length; window += 1) {
      this.counts[window] = this.counts[window]! + this.counts[window - 1]!;
    }
  }

  /**
   * Distinct values in a window; the current transaction's own counts where it was not yet in it.
   */
  count(window: number, withCurrent: boolean): number {
    const isNew = this.current !== MISSING_HASH && this.currentBucket > window;
    return this.counts[window]! + (withCurrent && isNew ? 1 : 0);
  }
}
