import { readU32 } from './bytes.js';
import type { WindowedFeature } from './catalogue-types.js';
import { rankOf, registerOf, SketchUnion } from './hyper-log-log.js';
import { MISSING_HASH } from './text-hash.js';
import type { TileLayout, TileSeries } from './tile-layout.js';
import type { Tile, TileSet } from './tile-set.js';
import type { WindowTotals } from './window-totals.js';

const union = new SketchUnion();

/**
 * All windows of an unbounded entity that end at the same delay.
 *
 * A tile that a window's edge cuts counts by the share of it inside. So a total is off by at most
 * what happened in the oldest tile, and, in a delayed window, in the newest: each a twelfth of the
 * window. Minimum, maximum and distinct count an edge tile whole.
 */
export class TileGroup implements WindowTotals {
  readonly delayMs: number;
  readonly counts: Float64Array;
  readonly amountCounts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly minima: Float64Array;
  readonly maxima: Float64Array;
  readonly declines: Float64Array;
  readonly frauds: Float64Array;
  readonly shift = 0;
  lastAgeMs = Number.NaN;
  private readonly windows: readonly { readonly series: TileSeries; readonly index: number }[];
  private tiles: TileSet | null = null;
  private self: Uint8Array = new Uint8Array(0);
  private edgeMs = 0;

  constructor(features: readonly WindowedFeature[], layout: TileLayout) {
    this.delayMs = features[0]!.delayMs;
    this.windows = layout.series
      .map((series, index) => ({ series, index }))
      .filter(({ series }) => features.some((feature) => feature.windowMs === series.windowMs));
    const zeros = (): Float64Array => new Float64Array(this.windows.length);
    this.counts = zeros();
    this.amountCounts = zeros();
    this.sums = zeros();
    this.squares = zeros();
    this.minima = zeros();
    this.maxima = zeros();
    this.declines = zeros();
    this.frauds = zeros();
  }

  /** Fills the totals from the tiles as of `nowMs`; the event `self` is not in them yet. */
  accumulate(tiles: TileSet, self: Uint8Array, nowMs: number): void {
    this.tiles = tiles;
    this.self = self;
    this.edgeMs = nowMs - this.delayMs;
    const ageMs = this.edgeMs - tiles.newestMs;
    this.lastAgeMs = tiles.newestMs > 0 && ageMs >= 0 ? ageMs : Number.NaN;
    for (let window = 0; window < this.windows.length; window += 1) {
      this.clear(window);
      const { series, index } = this.windows[window]!;
      for (const tile of tiles.runs[index]!) {
        const share = this.shareInside(tile, series);
        if (share > 0) this.addTile(window, tile, share);
      }
    }
  }

  distinctOf(signal: string, window: number, withCurrent: boolean): number {
    const { series, index } = this.windows[window]!;
    const sketch = series.attributes.findIndex((attribute) => attribute.signal === signal);
    union.clear();
    for (const tile of this.tiles!.runs[index]!) {
      if (this.shareInside(tile, series) > 0) tile.sketches[sketch]!.mergeInto(union);
    }
    const hash = readU32(this.self, series.attributes[sketch]!.offset);
    if (withCurrent && hash !== MISSING_HASH) {
      union.raise(registerOf(hash), rankOf(hash));
    }
    return union.estimate();
  }

  /** How much of a tile is in (edge - window, edge]: 0 to 1. */
  private shareInside(tile: Tile, series: TileSeries): number {
    const beginMs = tile.epoch * series.tileMs;
    const endMs = beginMs + series.tileMs;
    if (beginMs > this.edgeMs) return 0;
    const firstMs = Math.max(beginMs, this.edgeMs - series.windowMs);
    // Undelayed, the newest tile holds nothing after the edge: all of it is inside.
    const lastMs = this.delayMs === 0 ? endMs : Math.min(endMs, this.edgeMs);
    return Math.max(0, (lastMs - firstMs) / series.tileMs);
  }

  private clear(window: number): void {
    this.counts[window] = 0;
    this.amountCounts[window] = 0;
    this.sums[window] = 0;
    this.squares[window] = 0;
    this.minima[window] = Number.POSITIVE_INFINITY;
    this.maxima[window] = Number.NEGATIVE_INFINITY;
    this.declines[window] = 0;
    this.frauds[window] = 0;
  }

  private addTile(window: number, tile: Tile, share: number): void {
    this.counts[window] = this.counts[window]! + tile.count * share;
    this.amountCounts[window] = this.amountCounts[window]! + tile.amountCount * share;
    this.sums[window] = this.sums[window]! + tile.sum * share;
    this.squares[window] = this.squares[window]! + tile.squares * share;
    this.minima[window] = Math.min(this.minima[window]!, tile.minimum);
    this.maxima[window] = Math.max(this.maxima[window]!, tile.maximum);
    this.declines[window] = this.declines[window]! + tile.declines * share;
    this.frauds[window] = this.frauds[window]! + tile.frauds * share;
  }
}
