import { expect, test } from 'vitest';
import { planLines, plannedUnits } from './plan-command.js';

const settings = {
  rate: 0.9,
  lift: 0.02,
  decisions: 1,
  alike: 0.1,
  arms: 2,
  alpha: 0.05,
  power: 0.8,
};

test('units of one look are those of the textbook', () => {
  // (1.96 + 0.8416)^2 * 2 * p (1 - p) / d^2 in each of two arms.
  const perArm = (2.8016 ** 2 * 2 * 0.09) / 0.018 ** 2;
  expect(plannedUnits(settings).once! / (2 * perArm)).toBeCloseTo(1, 3);
});

test('the right to look costs units, several decisions of a unit save some, more arms cost', () => {
  const { once, anyTime } = plannedUnits(settings);
  expect(anyTime! / once!).toBeGreaterThan(1.4);
  expect(anyTime! / once!).toBeLessThan(2.2);
  expect(plannedUnits({ ...settings, decisions: 10 }).once! / once!).toBeCloseTo(1.9 / 10, 3);
  expect(plannedUnits({ ...settings, arms: 3 }).once!).toBeGreaterThan(1.5 * once!);
});

test('the plan is said in two lines', () => {
  const { anyTime } = plannedUnits(settings);
  expect(planLines(settings).join('\n')).toContain(anyTime!.toLocaleString('en'));
});
