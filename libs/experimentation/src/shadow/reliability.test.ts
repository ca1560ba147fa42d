import { expect, test } from 'vitest';
import { reliabilityOf } from './reliability.js';

test('bins, error and Brier score, worked by hand', () => {
  const result = reliabilityOf([
    { probability: 0.05, fraud: false },
    { probability: 0.05, fraud: true },
    { probability: 0.8, fraud: true },
    { probability: 1, fraud: true },
  ]);
  expect(result.bins).toHaveLength(10);
  expect(result.bins[0]).toMatchObject({ transactions: 2, predicted: 0.05, observed: 0.5 });
  expect(result.bins[8]).toMatchObject({ from: 0.8, to: 0.9, transactions: 1 });
  expect(result.bins[9]).toMatchObject({ transactions: 1, predicted: 1, observed: 1 });
  expect(result.bins[4]?.predicted).toBeNaN();
  expect(result.expectedCalibrationError).toBeCloseTo((0.9 + 0.2 + 0) / 4, 12);
  expect(result.brier).toBeCloseTo((0.0025 + 0.9025 + 0.04) / 4, 12);
});

test('what is no probability is refused', () => {
  expect(() => reliabilityOf([{ probability: Number.NaN, fraud: false }])).toThrow(
    'NaN is no probability',
  );
  expect(() => reliabilityOf([{ probability: -0.1, fraud: false }])).toThrow(
    '-0.1 is no probability',
  );
});
