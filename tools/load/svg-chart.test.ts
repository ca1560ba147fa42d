import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineChart, niceTicks } from './svg-chart.js';

test.each([
  [10, [0, 2, 4, 6, 8, 10]],
  [1_000, [0, 200, 400, 600, 800, 1_000]],
  [0.7, [0, 0.2, 0.4, 0.6, 0.8]],
])('the ticks up to %d are %j', (max, ticks) => {
  expect(niceTicks(max)).toEqual(ticks);
});

test('ticks begin at 0, reach the maximum, and are few', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (max) => {
      const ticks = niceTicks(max);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-5));
      expect(ticks.length).toBeLessThanOrEqual(7);
    }),
  );
});

test('a second without replies leaves a gap in the line', () => {
  const chart = lineChart({
    title: 'Latency',
    note: '',
    unit: 'ms',
    series: [
      {
        name: 'p99',
        style: 'one',
        points: [
          [0, 1],
          [1, 2],
          [2, Number.NaN],
          [3, 2],
        ],
      },
    ],
  });
  expect(chart.match(/<path/g)).toHaveLength(2);
  expect(chart).not.toContain('NaN');
});
