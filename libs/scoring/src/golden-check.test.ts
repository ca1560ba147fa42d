import { expect, test } from 'vitest';

import { goldenProblems, isProbability } from './golden-check.js';

test.each([
  [0, true],
  [1, true],
  [0.5, true],
  [-1e-9, false],
  [1.0000001, false],
  [Number.NaN, false],
  [Number.POSITIVE_INFINITY, false],
  [undefined, false],
])('%s is a probability: %s', (value, expected) => {
  expect(isProbability(value)).toBe(expected);
});

test('answers within a hundred-thousandth of the golden ones pass', () => {
  expect(goldenProblems([0.5, 0.1], Float32Array.of(0.500009, 0.1))).toEqual([]);
});

test.each([
  ['too far away', 0.50002],
  ['not a number', Number.NaN],
])('an answer %s is named with its row', (_, answer) => {
  expect(goldenProblems([0.1, 0.5], Float32Array.of(0.1, answer))).toEqual([
    expect.stringContaining('golden row 1'),
  ]);
});

test('an answer that is missing is a problem', () => {
  expect(goldenProblems([0.1, 0.5], Float32Array.of(0.1))).toHaveLength(1);
});

test('many differences are counted, not listed', () => {
  const problems = goldenProblems(
    Array.from({ length: 20 }, () => 0.5),
    new Float32Array(20),
  );
  expect(problems).toHaveLength(6);
  expect(problems.at(-1)).toBe('and 15 more golden rows differ');
});
