import { readU32, readU48 } from './bytes.js';
import { HyperLogLog } from './hyper-log-log.js';
import { AMOUNT_UNKNOWN } from './money.js';
import type { TileLayout, TileSeries } from './tile-layout.js';

/** What happened in one stretch of time. Amounts in thousandths of a major unit. */
export interface Tile {
  /** The stretch is [epoch x tileMs, (epoch + 1) x tileMs). */
  readonly epoch: number;
  count: number;
  amountCount: number;
  sum: number;
  squares: number;
  minimum: number;
  maximum: number;
  declines: number;
  frauds: number;
  /** One per attribute of the series. */
  readonly sketches: readonly HyperLogLog[];
}

export interface TilePatch {
  readonly timeMs: number;
  readonly declines: -1 | 0 | 1;
  readonly frauds: -1 | 0 | 1;
}

export function emptyTile(epoch: number, series: TileSeries): Tile {
  return {
    epoch,
    count: 0,
    amountCount: 0,
    sum: 0,
    squares: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    declines: 0,
    frauds: 0,
    sketches: series.attributes.map(() => new HyperLogLog()),
  };
}

/**
 * The tiles of one unbounded entity: per window length a run of tiles in order of time, empty ones
 * left out.
 */
export class TileSet {
  /** The time of the newest event, epoch ms; 0 = none. */
  newestMs = 0;
  /** Counts the writes of the stored form: a writer only replaces the revision that it read. */
  revision = 0;
  /** The last batch of a rebuild that was counted in, 1 to 65,535; 0 = none. */
  rebuiltBatch = 0;
  readonly runs: Tile[][];

  constructor(readonly layout: TileLayout) {
    this.runs = layout.series.map(() => []);
  }

  /** Counts one event in; a tile that is too old to be in a window any more is left out. */
  add(record: Uint8Array): void {
    const timeMs = readU48(record, 0);
    this.newestMs = Math.max(this.newestMs, timeMs);
    const { amountOffset } = this.layout.record;
    const units = amountOffset < 0 ? AMOUNT_UNKNOWN : readU48(record, amountOffset);
    this.layout.series.forEach((series, index) => {
      const run = this.runs[index]!;
      this.expire(run, series);
      const tile = this.tileAt(run, series, timeMs);
      if (tile === null) return;
      tile.count += 1;
      if (units !== AMOUNT_UNKNOWN) addAmount(tile, units);
      series.attributes.forEach((attribute, sketch) => {
        tile.sketches[sketch]!.add(readU32(record, attribute.offset));
      });
    });
  }

  /** Applies a late label or outcome to the tiles its event was counted in. */
  patch(patch: TilePatch): void {
    this.layout.series.forEach((series, index) => {
      const epoch = Math.floor(patch.timeMs / series.tileMs);
      const tile = this.runs[index]!.find((candidate) => candidate.epoch === epoch);
      if (tile === undefined) return;
      tile.declines = Math.max(0, tile.declines + patch.declines);
      tile.frauds = Math.max(0, tile.frauds + patch.frauds);
    });
  }

  private expire(run: Tile[], series: TileSeries): void {
    const oldestMs = this.newestMs - series.keepMs;
    let expired = 0;
    while (expired < run.length && (run[expired]!.epoch + 1) * series.tileMs <= oldestMs) {
      expired += 1;
    }
    if (expired > 0) run.splice(0, expired);
  }

  private tileAt(run: Tile[], series: TileSeries, timeMs: number): Tile | null {
    const epoch = Math.floor(timeMs / series.tileMs);
    if ((epoch + 1) * series.tileMs <= this.newestMs - series.keepMs) return null;
    let at = run.length;
    while (at > 0 && run[at - 1]!.epoch > epoch) at -= 1;
    const found = run[at - 1];
    if (found?.epoch === epoch) return found;
    const tile = emptyTile(epoch, series);
    run.splice(at, 0, tile);
    return tile;
  }
}

function addAmount(tile: Tile, units: number): void {
  tile.amountCount += 1;
  tile.sum += units;
  tile.squares += units * units;
  tile.minimum = Math.min(tile.minimum, units);
  tile.maximum = Math.max(tile.maximum, units);
}
