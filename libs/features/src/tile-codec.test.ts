import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamPlan } from '#testing/feature-stream.js';
import { packRecord } from './event-record.js';
import { decodeTiles, encodeTiles } from './tile-codec.js';
import { TileSet } from './tile-set.js';
import { slots } from './transaction-slots.js';

const plan = streamPlan();
const entity = plan.entities[1]!;
const layout = entity.tiles!;
const start = Date.UTC(2026, 10, 1);

function tilesOf(events: readonly (readonly [number, number, number])[]): TileSet {
  const tiles = new TileSet(layout);
  events.forEach(([minutes, amountUnits, card], low) => {
    const record = plan.emptyRecord();
    record.strings[slots.card] = `card-${card}`;
    const timeMs = start + minutes * 60_000;
    tiles.add(packRecord(entity.layout, record, { id: { high: 0, low }, timeMs, amountUnits }));
  });
  return tiles;
}

const event = fc.tuple(fc.nat(900), fc.nat(1e9), fc.nat(500));

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const tiles = tilesOf(events);
      tiles.revision = 7;
      const decoded = decodeTiles(encodeTiles(tiles), layout);
      expect(decoded.foreign).toBe(false);
      expect(decoded.tiles).toEqual(tiles);
    }),
    { numRuns: 50 },
  );
});

test('most entities are small: one event takes a few dozen bytes a window', () => {
  expect(encodeTiles(tilesOf([[0, 1_000, 1]])).length).toBeLessThan(200);
});

test('bytes of another layout are foreign and read as empty', () => {
  const bytes = encodeTiles(tilesOf([[0, 1_000, 1]]));
  const { tiles, foreign } = decodeTiles(bytes.with(3, bytes[3]! ^ 1), layout);
  expect(foreign).toBe(true);
  expect(tiles).toEqual(new TileSet(layout));
});
