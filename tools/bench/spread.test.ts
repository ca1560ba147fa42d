import { expect, test } from 'vitest';
import { median, spread } from './spread.js';

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
