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

test('damaged bytes give empty tiles and say so, wherever they are cut or go on', () => {
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      (events, cut, more) => {
        const whole = encodeTiles(tilesOf(events));
        for (const damaged of [
          whole.subarray(0, cut % whole.length),
          Uint8Array.from([...whole, ...more]),
        ]) {
          const { tiles, foreign } = decodeTiles(damaged, layout);
          expect([tiles, foreign]).toEqual([new TileSet(layout), true]);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('any bytes are read without an error', () => {
  const head = encodeTiles(new TileSet(layout)).subarray(0, 16);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (rest) => {
      const { foreign } = decodeTiles(Uint8Array.from([...head, ...rest]), layout);
      expect(typeof foreign).toBe('boolean');
    }),
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
