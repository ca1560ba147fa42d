import { expect, test } from 'vitest';
import { median, medianInterval, spread } from './spread.js';

test.each([
  [[3], 3],
  [[1, 9, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('the spread is half the range, as a share of the median', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.15, 12);
  expect(spread([5, 5, 5])).toBe(0);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, nth) => count - nth);

// From a table of the sign test: the rank of the confidence bounds of a median.
test.each([
  [5, null],
  [6, [1, 6]],
  [8, [1, 8]],
  [9, [2, 8]],
  [11, [2, 10]],
  [20, [6, 15]],
])('the median that %d values are drawn around lies within %j', (count, expected) => {
  expect(medianInterval(upTo(count))).toEqual(expected);
});
