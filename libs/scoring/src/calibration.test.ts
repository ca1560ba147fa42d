import { expect, test } from 'vitest';

import { checkCalibration } from './calibration.js';

const check = (bins: { predicted: number; observed: number; count: number }[]) =>
  checkCalibration({ method: 'platt', parameters: {}, bins });

test('the expected error weighs the bins by their rows', () => {
  const report = check([
    { predicted: 0.1, observed: 0.1, count: 300 },
    { predicted: 0.5, observed: 0.7, count: 100 },
  ]);
  expect(report.expectedError).toBeCloseTo(0.05, 12);
  expect(report.observedToExpected).toBeCloseTo(100 / 80, 12);
  expect(report.warnings).toEqual([]);
});

test.each([
  ['three times as many frauds as predicted', 0.1, 0.3],
  ['a third of the frauds predicted', 0.3, 0.1],
  ['frauds though none was predicted', 0, 0.1],
])('%s is warned about', (_, predicted, observed) => {
  expect(check([{ predicted, observed, count: 100 }]).warnings).toHaveLength(1);
});

test('no bins: the calibration is unknown, not good', () => {
  const report = check([]);
  expect(report.expectedError).toBeNaN();
  expect(report.warnings).toEqual([expect.stringContaining('calibration is unknown')]);
});
