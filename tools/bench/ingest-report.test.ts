import { expect, test } from 'vitest';
import { quantile, steadyRates } from './ingest-report.js';

test('the steady rate leaves out the start and the end', () => {
  // Nothing for 2 s, then 1,000 a second, and a last one that takes 5 s.
  const samples = Array.from({ length: 101 }, (_, nth) => ({
    atMs: nth === 0 ? 0 : 2_000 + nth * 100 + (nth === 100 ? 5_000 : 0),
    sequence: nth * 100,
    ageMs: 0,
  }));
  for (const rate of steadyRates(samples)) expect(rate).toBeCloseTo(1_000, 6);
});

test.each([
  [0.5, 2],
  [0.99, 4],
  [1, 4],
  [0, 1],
])('of 1 to 4, the share %d lies at or below %d', (share, expected) => {
  expect(quantile([3, 1, 4, 2], share)).toBe(expected);
});
