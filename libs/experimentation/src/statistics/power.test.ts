import { describe, expect, test } from 'vitest';
import { detectableEffect, powerAt, unitsNeeded, type PowerPlan } from './power.js';

const fixed: PowerPlan = { variance: 0.25, treatmentShare: 0.5, alpha: 0.05, tuningUnits: null };
const sequential: PowerPlan = { ...fixed, tuningUnits: 5_000 };

test('the textbook case: 0.5 standard deviations, 80 %, half and half, is 63 in each arm', () => {
  expect(unitsNeeded(0.25, 0.8, fixed)).toBe(126);
});

test('without an effect the power is alpha, and no number of units is enough', () => {
  expect(powerAt(1_000, 0, fixed)).toBeCloseTo(0.05, 12);
  expect(unitsNeeded(0, 0.8, fixed)).toBeNull();
});

describe.each([
  ['fixed', fixed],
  ['sequential', sequential],
])('a %s plan', (_name, plan) => {
  test('has the wanted power with the units it asks for, and less with one fewer', () => {
    for (const effect of [0.01, 0.03, 0.2]) {
      const units = unitsNeeded(effect, 0.8, plan) as number;
      expect(powerAt(units, effect, plan)).toBeGreaterThanOrEqual(0.8);
      expect(powerAt(units - 1, effect, plan)).toBeLessThan(0.8);
      expect(detectableEffect(units, 0.8, plan)).toBeCloseTo(effect, 3);
    }
  });

  test('needs more units when arms are unequal, by 1 / (4 share (1 - share)) when fixed', () => {
    const unequal = unitsNeeded(0.03, 0.8, { ...plan, treatmentShare: 0.1 }) as number;
    const equal = unitsNeeded(0.03, 0.8, plan) as number;
    const inflation = 0.25 / (0.1 * 0.9);
    // An always-valid interval narrows more slowly, so that it needs somewhat more still.
    expect(unequal / equal).toBeGreaterThan(inflation * 0.999);
    expect(unequal / equal).toBeLessThan(inflation * (plan.tuningUnits === null ? 1.001 : 1.3));
  });
});

test('a sequential plan asks for more units than a fixed one', () => {
  expect(unitsNeeded(0.03, 0.8, sequential)!).toBeGreaterThan(unitsNeeded(0.03, 0.8, fixed)!);
});
