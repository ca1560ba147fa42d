import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.js';

const uses = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 30 })), { size: 'large' });

test('keeps the most recently used, at least half of its bound', () => {
  fc.assert(
    fc.property(uses, fc.integer({ min: 2, max: 24 }), (steps, entriesMax) => {
      const map = new RecentMap<number, number>(entriesMax);
      const values = new Map<number, number>();
      steps.forEach(([isWrite, key], step) => {
        if (isWrite) map.set(key, step);
        else if (map.get(key) === undefined) return;
        const value = isWrite ? step : values.get(key)!;
        values.delete(key);
        values.set(key, value);
      });
      const kept = [...values].slice(-Math.floor(entriesMax / 2));
      // The most recent first: looking an entry up makes it recent.
      for (const [key, value] of kept.toReversed()) expect(map.get(key)).toBe(value);
    }),
  );
});

test('never holds more than its bound', () => {
  const map = new RecentMap<number, number>(10);
  for (let key = 0; key < 1_000; key += 1) map.set(key, key);
  const held = Array.from({ length: 1_000 }, (_, key) => key).filter(
    (key) => map.get(key) !== undefined,
  );
  expect(held.length).toBeLessThanOrEqual(10);
  expect(held).toContain(999);
});

test('what is deleted is gone from both generations', () => {
  const map = new RecentMap<string, number>(4);
  map.set('a', 1);
  map.set('b', 2); // The young generation is full and becomes the old one.
  map.set('a', 3);
  map.delete('a');
  expect(map.get('a')).toBeUndefined();
  expect(map.get('b')).toBe(2);
});
