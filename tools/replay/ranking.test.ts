import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagePrecision, recallAtFalsePositiveRate } from './ranking.js';

test('average precision agrees with the example of scikit-learn', () => {
  const isFraud = [false, false, true, true];
  expect(averagePrecision([0.1, 0.4, 0.35, 0.8], isFraud)).toBeCloseTo(0.8333, 4);
});

test('equal ranks say nothing: the precision is the share of fraud', () => {
  expect(averagePrecision([1, 1, 1, 1], [true, false, false, false])).toBe(0.25);
});

test('a perfect ranking has average precision 1 and full recall', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (isFraud) => {
      fc.pre(isFraud.includes(true));
      const ranks = isFraud.map(Number);
      expect(averagePrecision(ranks, isFraud)).toBe(1);
      expect(recallAtFalsePositiveRate(ranks, isFraud, 0)).toBe(1);
    }),
  );
});

test.each([
  [0, 0.5],
  [0.25, 0.5],
  [0.34, 1],
])('with at most %f of honest payments stopped, %f of fraud is caught', (rate, recall) => {
  const isFraud = [true, false, true, false, false];
  expect(recallAtFalsePositiveRate([0.9, 0.8, 0.7, 0.6, 0.5], isFraud, rate)).toBe(recall);
});
