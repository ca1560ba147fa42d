import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { cautious, liftInterval } from './cautious-effect.js';
import { compareAbsolute, compareRelative, type EstimatedEffect } from './compare-arms.js';
import { alwaysValid, fixedHorizon } from './inference.js';
import { proportionMoments, type Moments } from './moments.js';

const options = { alpha: 0.05, tuningUnits: 5_000 };

function absoluteOf(control: Moments, treatment: Moments): EstimatedEffect {
  const effect = compareAbsolute(control, treatment);
  if (effect.kind === 'insufficient') throw new Error(effect.reason);
  return effect;
}

/** Experiments without an effect, a tenth of the units in the treatment, a rate of 0.5 %. */
function everSignificant(experiments: number) {
  const random = seededRandom(42);
  const ever = { welch: 0, cautious: 0 };
  for (let nth = 0; nth < experiments; nth += 1) {
    const arms = [
      { units: 0, events: 0 },
      { units: 0, events: 0 },
    ];
    const found = { welch: false, cautious: false };
    for (let unit = 1; unit <= 8_000; unit += 1) {
      const arm = arms[random() < 0.1 ? 1 : 0]!;
      arm.units += 1;
      if (random() < 0.005) arm.events += 1;
      if (unit % 200 !== 0) continue;
      const [control, treatment] = arms.map((one) => proportionMoments(one.units, one.events));
      const effect = compareAbsolute(control!, treatment!);
      if (effect.kind === 'insufficient') continue;
      found.welch ||= alwaysValid(effect, options).pValue < 0.05;
      const careful = cautious(effect, control!, treatment!);
      found.cautious ||= alwaysValid(careful, options).pValue < 0.05;
    }
    if (found.welch) ever.welch += 1;
    if (found.cautious) ever.cautious += 1;
  }
  return { welch: ever.welch / experiments, cautious: ever.cautious / experiments };
}

test('rare events in a small arm fool Welch’s error, but not the cautious one', () => {
  const ever = everSignificant(500);
  expect(ever.welch).toBeGreaterThan(0.25);
  expect(ever.cautious).toBeLessThan(0.05);
});

test('with equal arms caution costs nothing', () => {
  const control = proportionMoments(5_000, 100);
  const treatment = proportionMoments(5_000, 180);
  const effect = absoluteOf(control, treatment);
  const careful = cautious(effect, control, treatment);
  expect(careful.standardError / effect.standardError).toBeCloseTo(1, 12);
});

describe('the interval of the lift', () => {
  const counts = fc.record({
    units: fc.integer({ min: 50, max: 5_000 }),
    share: fc.double({ min: 0.02, max: 0.98, noNaN: true }),
  });
  const momentsOf = ({ units, share }: { readonly units: number; readonly share: number }) =>
    proportionMoments(units, Math.max(1, Math.round(units * share)));

  test('holds zero just when that of the difference does, and holds its estimate', () => {
    fc.assert(
      fc.property(counts, counts, (one, other) => {
        const [control, treatment] = [momentsOf(one), momentsOf(other)];
        const careful = cautious(absoluteOf(control, treatment), control, treatment);
        const lift = liftInterval(careful, { control, treatment }, 3);
        if (lift === null) return;
        const inside = Math.abs(careful.estimate) <= 3 * careful.standardError;
        expect(lift.low <= 0 && lift.high >= 0).toBe(inside);
        const estimate = treatment.mean / control.mean - 1;
        expect(lift.low).toBeLessThanOrEqual(estimate);
        expect(lift.high).toBeGreaterThanOrEqual(estimate);
      }),
    );
  });

  test('becomes the delta method’s when there is plenty', () => {
    const control = proportionMoments(1e7, 2e6);
    const treatment = proportionMoments(1e7, 2.1e6);
    const relative = compareRelative(control, treatment);
    if (relative.kind === 'insufficient') throw new Error(relative.reason);
    const delta = fixedHorizon(relative, 0.05);
    const lift = liftInterval(absoluteOf(control, treatment), { control, treatment }, 1.959964);
    expect(lift?.low).toBeCloseTo(delta.low, 5);
    expect(lift?.high).toBeCloseTo(delta.high, 5);
  });

  test('has no ends when the control cannot be told from zero', () => {
    const control = proportionMoments(1_000, 2);
    const treatment = proportionMoments(1_000, 12);
    const effect = absoluteOf(control, treatment);
    expect(liftInterval(effect, { control, treatment }, 3)).toBeNull();
  });
});
