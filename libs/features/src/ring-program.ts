import { FLAG_DECLINED, FLAG_FRAUD, FLAGS_OFFSET, sameEvent } from './event-record.js';
import type { RecordLayout } from './event-record.js';
import { readU32, readU48 } from './bytes.js';
import type { WindowedFeature } from './catalogue-types.js';
import { DistinctCounter } from './distinct-counter.js';
import { AMOUNT_UNKNOWN } from './money.js';
import type { RingView } from './ring.js';
import type { WindowTotals } from './window-totals.js';

/**
 * All windows of an entity that end at the same delay, computed in one pass over its ring.
 *
 * The pass goes from the newest record back. Ages ascend, so that each record belongs to the
 * shortest window that holds it, found by one pointer that only moves on; totals of longer windows
 * are then sums over the shorter ones. Totals are whole numbers below 2^53, so they do not depend
 * on the order of events.
 */
export class WindowGroup implements WindowTotals {
  readonly delayMs: number;
  readonly windowsMs: Float64Array;
  readonly counts: Float64Array;
  readonly amountCounts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly minima: Float64Array;
  readonly maxima: Float64Array;
  readonly declines: Float64Array;
  readonly frauds: Float64Array;
  /** The age of the newest other event in the longest window, ms; NaN = none. */
  lastAgeMs = Number.NaN;
  shift = 0;
  private readonly longestMs: number;
  private readonly distincts: ReadonlyMap<string, DistinctCounter>;
  private readonly counters: readonly DistinctCounter[];

  constructor(
    features: readonly WindowedFeature[],
    private readonly layout: RecordLayout,
    eventsMax: number,
  ) {
    this.delayMs = features[0]!.delayMs;
    const windows = [...new Set(features.map((feature) => feature.windowMs))].sort((a, b) => a - b);
    this.windowsMs = Float64Array.from(windows);
    this.longestMs = windows.at(-1)!;
    const zeros = (): Float64Array => new Float64Array(windows.length);
    this.counts = zeros();
    this.amountCounts = zeros();
    this.sums = zeros();
    this.squares = zeros();
    this.minima = zeros();
    this.maxima = zeros();
    this.declines = zeros();
    this.frauds = zeros();
    const names = new Set(features.flatMap((feature) => feature.of ?? []));
    this.distincts = new Map(
      layout.attributes
        .filter((attribute) => names.has(attribute.signal))
        .map((attribute) => [
          attribute.signal,
          new DistinctCounter(attribute.offset, windows.length, eventsMax),
        ]),
    );
    this.counters = [...this.distincts.values()];
  }

  /**
   * Fills the totals with the ring's events as of `nowMs`; the event `self` is left out wherever it
   * stands.
   */
  accumulate(ring: RingView, self: Uint8Array, nowMs: number): void {
    this.reset(self);
    const { layout, windowsMs, counts } = this;
    const { bytes, start } = ring;
    const size = layout.size;
    const edgeMs = nowMs - this.delayMs;
    const selfIdEnd = self[FLAGS_OFFSET - 1]!;
    let bucket = 0;
    for (let offset = this.newestBefore(ring, edgeMs); offset >= start; offset -= size) {
      const ageMs = edgeMs - readU48(bytes, offset);
      if (ageMs >= this.longestMs) break;
      // One byte tells nearly all ids apart.
      if (bytes[offset + FLAGS_OFFSET - 1] === selfIdEnd && sameEvent(bytes, offset, self, 0)) {
        continue;
      }
      while (ageMs >= windowsMs[bucket]!) bucket += 1;
      if (Number.isNaN(this.lastAgeMs)) this.lastAgeMs = ageMs;
      counts[bucket] = counts[bucket]! + 1;
      const flags = bytes[offset + FLAGS_OFFSET]!;
      if (flags !== 0) this.addFlags(flags, bucket);
      if (layout.amountOffset >= 0) {
        const units = readU48(bytes, offset + layout.amountOffset);
        if (units !== AMOUNT_UNKNOWN) this.addAmount(units, bucket);
      }
      for (const counter of this.counters) {
        counter.add(readU32(bytes, offset + counter.recordOffset), bucket);
      }
    }
    this.sumUp();
  }

  distinctOf(signal: string, window: number, withCurrent: boolean): number {
    const counter = this.distincts.get(signal);
    return counter === undefined ? Number.NaN : counter.count(window, withCurrent);
  }

  /**
   * Where the newest record at or before a time stands: by bisection, as a delay may skip most of
   * the ring.
   */
  private newestBefore({ bytes, start, end }: RingView, edgeMs: number): number {
    const { size } = this.layout;
    const last = end - size;
    if (last < start || readU48(bytes, last) <= edgeMs) return last;
    let low = 0;
    let high = (end - start) / size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (readU48(bytes, start + middle * size) <= edgeMs) low = middle + 1;
      else high = middle;
    }
    return start + (low - 1) * size;
  }

  private reset(self: Uint8Array): void {
    const { amountOffset } = this.layout;
    const units = amountOffset < 0 ? AMOUNT_UNKNOWN : readU48(self, amountOffset);
    this.shift = units === AMOUNT_UNKNOWN ? 0 : units;
    this.lastAgeMs = Number.NaN;
    this.counts.fill(0);
    this.amountCounts.fill(0);
    this.sums.fill(0);
    this.squares.fill(0);
    this.minima.fill(Number.POSITIVE_INFINITY);
    this.maxima.fill(Number.NEGATIVE_INFINITY);
    this.declines.fill(0);
    this.frauds.fill(0);
    for (const counter of this.counters) counter.reset(readU32(self, counter.recordOffset));
  }

  private addFlags(flags: number, bucket: number): void {
    if ((flags & FLAG_FRAUD) !== 0) this.frauds[bucket] = this.frauds[bucket]! + 1;
    if ((flags & FLAG_DECLINED) !== 0) this.declines[bucket] = this.declines[bucket]! + 1;
  }

  private addAmount(units: number, bucket: number): void {
    const shifted = units - this.shift;
    this.amountCounts[bucket] = this.amountCounts[bucket]! + 1;
    this.sums[bucket] = this.sums[bucket]! + units;
    this.squares[bucket] = this.squares[bucket]! + shifted * shifted;
    if (units < this.minima[bucket]!) this.minima[bucket] = units;
    if (units > this.maxima[bucket]!) this.maxima[bucket] = units;
  }

  /** A longer window holds what the shorter ones hold. */
  private sumUp(): void {
    for (let window = 1; window < this.windowsMs.length; window += 1) {
      const shorter = window - 1;
      this.counts[window] = this.counts[window]! + this.counts[shorter]!;
      this.amountCounts[window] = this.amountCounts[window]! + this.amountCounts[shorter]!;
      this.sums[window] = this.sums[window]! + this.sums[shorter]!;
      this.squares[window] = this.squares[window]! + this.squares[shorter]!;
      this.minima[window] = Math.min(this.minima[window]!, this.minima[shorter]!);
      this.maxima[window] = Math.max(this.maxima[window]!, this.maxima[shorter]!);
      this.declines[window] = this.declines[window]! + this.declines[shorter]!;
      this.frauds[window] = this.frauds[window]! + this.frauds[shorter]!;
    }
    for (const counter of this.counters) counter.sumUp();
  }
}
