import { describe, expect, test } from 'vitest';
import { compareAbsolute } from '#experimentation/statistics/compare-arms.js';
import { ratioMoments } from '#experimentation/statistics/moments.js';
import { sumUnits } from '#experimentation/statistics/unit-sums.js';
import { toJson } from './experiments-report.js';
import { ExperimentSimulator, layouts, pickArm, shift } from './simulate-experiments.js';
import { simulateSampleRatio } from './simulate-sample-ratio.js';
import { makeUnitPool, simulatedMetrics } from './unit-pool.js';

const units = [
  { numerator: 1, denominator: 2, covariate: null },
  { numerator: 0, denominator: 1, covariate: null },
  { numerator: 3, denominator: 3, covariate: null },
];

test('an effect added to sums is the effect added to every unit, and leaves the variance', () => {
  const moved = units.map((unit) => ({
    ...unit,
    numerator: unit.numerator + 0.25 * unit.denominator,
  }));
  expect(shift(sumUnits(units), 0.25)).toEqual(sumUnits(moved));
  const before = ratioMoments(sumUnits(units), 0);
  const after = ratioMoments(shift(sumUnits(units), 0.25), 0);
  expect(after.rawMean - before.rawMean).toBeCloseTo(0.25, 12);
  expect(after.variance).toBeCloseTo(before.variance, 12);
});

test('units fall into arms where the weights say', () => {
  const weights = [9, 1];
  expect([0, 8.99, 9, 9.99, 10].map((point) => pickArm(weights, point))).toEqual([0, 0, 1, 1, 1]);
});

describe('simulated experiments', () => {
  const pool = makeUnitPool(2_000, 1);
  const run = (): ExperimentSimulator => {
    const simulator = new ExperimentSimulator(pool, 1);
    for (const cell of simulator.cells) simulator.run(cell);
    return simulator;
  };

  test('the truth is the ratio over the whole pool', () => {
    const { approval_rate: approved, decline_rate: declined } = pool.totals;
    expect(approved.units).toBe(2_000);
    expect(approved.denominator).toBe(declined.denominator);
    expect(approved.numerator / approved.denominator).toBeGreaterThan(0.9);
    expect(compareAbsolute(ratioMoments(approved, 0), ratioMoments(approved, 0))).toMatchObject({
      estimate: 0,
    });
  });

  test('the same seed gives the same figures, for every metric under every layout', () => {
    const { cells } = run();
    expect(cells).toHaveLength(layouts.length * simulatedMetrics.length);
    expect(cells.map(({ counts }) => counts)).toEqual(run().cells.map(({ counts }) => counts));
    for (const { counts } of cells) expect(counts.experiments).toBe(1);
  });

  test('the report has the shares over all of them', () => {
    const { cells } = run();
    const kinds = { layout: '50/50', lostShare: 0, fixedAtEnd: 1, fixedEver: 2 };
    const sampleRatio = [
      { ...kinds, experiments: 40, sequentialEver: 1 },
      { ...kinds, experiments: 40, sequentialEver: 0 },
      { ...kinds, experiments: 10, sequentialEver: 9, lostShare: 0.05 },
    ];
    const found = cells.reduce((sum, { counts }) => sum + counts.alwaysValidFoundByEnd, 0);
    expect(toJson({ experiments: 12, seed: 1, cells, sampleRatio })).toMatchObject({
      experiments: 12,
      power: Number((found / 12).toFixed(5)),
      srmFalseAlarm: 1 / 80,
    });
  });
});

test('a lost twentieth of an arm’s units is found, and nothing where none are lost', () => {
  const [even] = layouts;
  const options = { experiments: 2, seed: 1 };
  expect(simulateSampleRatio(even!, 0.05, options)).toMatchObject({ sequentialEver: 2 });
  expect(simulateSampleRatio(even!, 0, options)).toMatchObject({ sequentialEver: 0 });
});
