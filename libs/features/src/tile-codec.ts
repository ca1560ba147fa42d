import { readU32, readU48, writeU32, writeU48 } from './bytes.js';
import { CODEC_VERSION } from './event-record.js';
import { type HyperLogLog, SKETCH_REGISTERS } from './hyper-log-log.js';
import type { TileLayout } from './tile-layout.js';
import { emptyTile, TileSet, type Tile } from './tile-set.js';

/*
 * Stored tiles: a header of 16 bytes, then per series its tiles in order of time, empty ones left
 * out.
 *   0  codec version, 8 bits; layout fingerprint, 24 bits
 *   4  revision, 32 bits
 *   8  time of the newest event, epoch ms, 48 bits
 *  14  number of the last batch of a rebuild that was counted in, 16 bits; 0 = none
 * A series: number of tiles, 16 bits; a tile: epoch (48), count, declines, frauds (32 each), where
 * amounts are used their count (32), sum, sum of squares, minimum, maximum (64-bit floats), then
 * its sketches: the number of pairs (8 bits) and the pairs (16 bits each), or 255 and 256
 * registers.
 */
export const TILE_HEADER_BYTES = 16;
const REBUILT_OFFSET = 14;
const TILE_BYTES = 6 + 3 * 4;
const AMOUNT_BYTES = 4 + 4 * 8;
const DENSE = 255;

export interface DecodedTiles {
  readonly tiles: TileSet;
  /** True when the bytes were of another layout or codec: then the tiles are empty. */
  readonly foreign: boolean;
}

export function encodeTiles(set: TileSet): Uint8Array {
  const bytes = new Uint8Array(encodedLength(set));
  const view = new DataView(bytes.buffer);
  writeU32(bytes, 0, tileMark(set.layout));
  writeU32(bytes, 4, set.revision);
  writeU48(bytes, 8, set.newestMs);
  view.setUint16(REBUILT_OFFSET, set.rebuiltBatch);
  let offset = TILE_HEADER_BYTES;
  for (const run of set.runs) {
    view.setUint16(offset, run.length);
    offset += 2;
    for (const tile of run) offset = encodeTile(tile, { view, bytes, offset, layout: set.layout });
  }
  return bytes;
}

/**
 * Reads stored tiles; foreign or damaged bytes give empty tiles and say so, they are never misread.
 */
export function decodeTiles(bytes: Uint8Array, layout: TileLayout): DecodedTiles {
  const tiles = readTiles(bytes, layout);
  return tiles === null ? { tiles: new TileSet(layout), foreign: true } : { tiles, foreign: false };
}

function readTiles(bytes: Uint8Array, layout: TileLayout): TileSet | null {
  if (bytes.length < TILE_HEADER_BYTES || readU32(bytes, 0) !== tileMark(layout)) return null;
  const set = new TileSet(layout);
  set.revision = readU32(bytes, 4);
  set.newestMs = readU48(bytes, 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  set.rebuiltBatch = view.getUint16(REBUILT_OFFSET);
  let offset = TILE_HEADER_BYTES;
  try {
    for (let index = 0; index < layout.series.length; index += 1) {
      const count = view.getUint16(offset);
      offset += 2;
      for (let nth = 0; nth < count; nth += 1) {
        const tile = emptyTile(readU48(bytes, offset), layout.series[index]!);
        offset = decodeTile(tile, { view, bytes, offset, layout });
        set.runs[index]!.push(tile);
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return null; // Cut off: the view ends before its tiles do.
    throw error;
  }
  return offset === bytes.length ? set : null;
}

function tileMark(layout: TileLayout): number {
  return ((CODEC_VERSION << 24) | layout.fingerprint) >>> 0;
}

function encodedLength(set: TileSet): number {
  const fixed = TILE_BYTES + (set.layout.usesAmount ? AMOUNT_BYTES : 0);
  let length = TILE_HEADER_BYTES;
  for (const run of set.runs) {
    length += 2 + run.length * fixed;
    for (const tile of run) {
      for (const sketch of tile.sketches) {
        length += 1 + (sketch.registers === null ? sketch.pairs.length * 2 : SKETCH_REGISTERS);
      }
    }
  }
  return length;
}

interface TileCursor {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly layout: TileLayout;
}

function encodeTile(tile: Tile, { view, bytes, offset, layout }: TileCursor): number {
  writeU48(bytes, offset, tile.epoch);
  writeU32(bytes, offset + 6, tile.count);
  writeU32(bytes, offset + 10, tile.declines);
  writeU32(bytes, offset + 14, tile.frauds);
  let at = offset + TILE_BYTES;
  if (layout.usesAmount) {
    writeU32(bytes, at, tile.amountCount);
    view.setFloat64(at + 4, tile.sum);
    view.setFloat64(at + 12, tile.squares);
    view.setFloat64(at + 20, tile.minimum);
    view.setFloat64(at + 28, tile.maximum);
    at += AMOUNT_BYTES;
  }
  for (const sketch of tile.sketches) {
    if (sketch.registers !== null) {
      bytes[at] = DENSE;
      bytes.set(sketch.registers, at + 1);
      at += 1 + SKETCH_REGISTERS;
      continue;
    }
    bytes[at] = sketch.pairs.length;
    at += 1;
    for (const pair of sketch.pairs) {
      view.setUint16(at, pair);
      at += 2;
    }
  }
  return at;
}

function decodeTile(tile: Tile, { view, bytes, offset, layout }: TileCursor): number {
  tile.count = readU32(bytes, offset + 6);
  tile.declines = readU32(bytes, offset + 10);
  tile.frauds = readU32(bytes, offset + 14);
  let at = offset + TILE_BYTES;
  if (layout.usesAmount) {
    tile.amountCount = readU32(bytes, at);
    tile.sum = view.getFloat64(at + 4);
    tile.squares = view.getFloat64(at + 12);
    tile.minimum = view.getFloat64(at + 20);
    tile.maximum = view.getFloat64(at + 28);
    at += AMOUNT_BYTES;
  }
  for (const sketch of tile.sketches)
    at = decodeSketch(sketch, { view, bytes, offset: at, layout });
  return at;
}

function decodeSketch(sketch: HyperLogLog, { view, bytes, offset }: TileCursor): number {
  const pairs = bytes[offset]!;
  if (pairs === DENSE) {
    sketch.registers = bytes.slice(offset + 1, offset + 1 + SKETCH_REGISTERS);
    return offset + 1 + SKETCH_REGISTERS;
  }
  for (let nth = 0; nth < pairs; nth += 1) {
    sketch.pairs.push(view.getUint16(offset + 1 + nth * 2));
  }
  return offset + 1 + pairs * 2;
}
