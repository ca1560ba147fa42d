import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { compareAbsolute, compareRelative, type EstimatedEffect } from './compare-arms.js';
import { alwaysValid, fixedHorizon } from './inference.js';
import { adjustmentOf, proportionMoments, ratioMoments } from './moments.js';
import { addSums, sumUnits, type UnitSums, type UnitValues } from './unit-sums.js';

const options = { alpha: 0.05, tuningUnits: 5_000 };

interface Looks {
  readonly everAlwaysValid: number;
  readonly everFixed: number;
  readonly coveredAlways: number;
}

/** Experiments of a rate of 20 % without any effect, looked at after every 250 units of an arm. */
function lookOften(experiments: number, lift: number): Looks {
  const random = seededRandom(7);
  const looks = { everAlwaysValid: 0, everFixed: 0, coveredAlways: 0 };
  for (let nth = 0; nth < experiments; nth += 1) {
    const successes = [0, 0];
    const ever = { alwaysValid: false, fixed: false, outside: false };
    for (let units = 250; units <= 10_000; units += 250) {
      for (let unit = 0; unit < 250; unit += 1) {
        if (random() < 0.2) successes[0]! += 1;
        if (random() < 0.2 + lift) successes[1]! += 1;
      }
      const [control, treatment] = successes.map((count) => proportionMoments(units, count));
      const effect = compareAbsolute(control!, treatment!) as EstimatedEffect;
      const always = alwaysValid(effect, options);
      ever.alwaysValid ||= always.pValue < 0.05;
      ever.fixed ||= fixedHorizon(effect, 0.05).pValue < 0.05;
      ever.outside ||= always.low > lift || always.high < lift;
    }
    if (ever.alwaysValid) looks.everAlwaysValid += 1;
    if (ever.fixed) looks.everFixed += 1;
    if (!ever.outside) looks.coveredAlways += 1;
  }
  return looks;
}

describe('looked at after every batch', () => {
  test('always-valid tests of nothing are significant in at most 5 % of experiments, fixed in many', () => {
    const looks = lookOften(600, 0);
    expect(looks.everAlwaysValid / 600).toBeLessThan(0.05);
    expect(looks.everFixed / 600).toBeGreaterThan(0.2);
  });

  test('always-valid intervals hold the truth at every look in at least 95 %, and find an effect', () => {
    const looks = lookOften(300, 0.03);
    expect(looks.coveredAlways / 300).toBeGreaterThan(0.95);
    expect(looks.everAlwaysValid / 300).toBeGreaterThan(0.9);
  });
});

/** The same 400 cards decide day after day; each has its habit, and no arm changes anything. */
function lookDaily(experiments: number): number {
  const random = seededRandom(5);
  let ever = 0;
  for (let nth = 0; nth < experiments; nth += 1) {
    const units = Array.from({ length: 400 }, (_, card) => ({
      arm: card % 2,
      habit: 0.5 + 0.5 * random(),
      good: 0,
      all: 0,
    }));
    let found = false;
    for (let day = 1; day <= 40; day += 1) {
      for (const unit of units) {
        if (random() < 0.5) continue;
        unit.all += 1;
        if (random() < unit.habit) unit.good += 1;
      }
      const [control, treatment] = [0, 1].map((arm) =>
        ratioMoments(sumOf(units.filter((unit) => unit.arm === arm)), 0),
      );
      const effect = compareAbsolute(control!, treatment!) as EstimatedEffect;
      found ||= alwaysValid(effect, { alpha: 0.05, tuningUnits: 400 }).pValue < 0.05;
    }
    if (found) ever += 1;
  }
  return ever / experiments;
}

function sumOf(units: readonly { readonly good: number; readonly all: number }[]): UnitSums {
  const total = (of: (unit: { readonly good: number; readonly all: number }) => number) =>
    units.reduce((sum, unit) => sum + of(unit), 0);
  return {
    units: units.length,
    numerator: total(({ good }) => good),
    numeratorSquares: total(({ good }) => good * good),
    denominator: total(({ all }) => all),
    denominatorSquares: total(({ all }) => all * all),
    products: total(({ good, all }) => good * all),
    covariate: null,
  };
}

test('units that come back day after day do not fool the always-valid test either', () => {
  expect(lookDaily(300)).toBeLessThan(0.05);
});

describe('an interval', () => {
  const effect: EstimatedEffect = {
    kind: 'estimated',
    estimate: 0.8,
    standardError: 0.3,
    freedom: 50,
    units: 5_000,
  };

  test('excludes zero just when its p-value is below alpha', () => {
    for (let estimate = 0.1; estimate < 2; estimate += 0.05) {
      for (const inference of [
        alwaysValid({ ...effect, estimate }, options),
        fixedHorizon({ ...effect, estimate }, 0.05),
      ]) {
        expect(inference.low > 0).toBe(inference.pValue < 0.05);
      }
    }
  });

  test('that is always valid is wider, by about half at the units it is tuned to', () => {
    const fixed = fixedHorizon({ ...effect, freedom: 5_000 }, 0.05);
    const always = alwaysValid(effect, options);
    const ratio = (always.high - always.low) / (fixed.high - fixed.low);
    expect(ratio).toBeGreaterThan(1.4);
    expect(ratio).toBeLessThan(1.6);
  });

  test('mirrors when the effect does', () => {
    const up = alwaysValid(effect, options);
    const down = alwaysValid({ ...effect, estimate: -0.8 }, options);
    expect(down).toEqual({ low: -up.high, high: -up.low, pValue: up.pValue });
  });
});

/** Units with several decisions each: cards differ, and the decisions of one card are alike. */
function cards(count: number, seed: number, lift: number): UnitValues[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const habit = random();
    const decisions = 1 + Math.floor(random() * 5);
    let good = 0;
    for (let nth = 0; nth < decisions; nth += 1) {
      if (random() < 0.4 + 0.5 * habit + lift) good += 1;
    }
    return { numerator: good, denominator: decisions, covariate: habit * 100 };
  });
}

test('the variance of a ratio metric is that of repeated experiments, and more than of a proportion', () => {
  const ratios: number[] = [];
  let claimed = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const moments = ratioMoments(sumUnits(cards(200, seed, 0)), 0);
    ratios.push(moments.mean);
    claimed += moments.variance / moments.units / 400;
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / 400;
  const seen = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / 399;
  // The standard error of a variance from 400 values is 7 %.
  expect(Math.abs(claimed / seen - 1)).toBeLessThan(0.25);
  expect(claimed).toBeGreaterThan((1.2 * mean * (1 - mean)) / 600);
});

test('a covariate from before narrows the interval and leaves the effect', () => {
  const control = sumUnits(cards(3_000, 1, 0));
  const treatment = sumUnits(cards(3_000, 2, 0.05));
  const theta = adjustmentOf(addSums(control, treatment));
  const plain = compareAbsolute(ratioMoments(control, 0), ratioMoments(treatment, 0));
  const adjusted = compareAbsolute(ratioMoments(control, theta), ratioMoments(treatment, theta));
  if (plain.kind === 'insufficient' || adjusted.kind === 'insufficient') throw new Error('none');
  expect(adjusted.standardError).toBeLessThan(plain.standardError * 0.9);
  expect(Math.abs(adjusted.estimate - 0.05) / adjusted.standardError).toBeLessThan(4);
});

describe('without enough data there is no estimate, and it says why', () => {
  const some = proportionMoments(100, 20);
  test.each([
    [proportionMoments(0, 0), some, 'TOO_FEW_UNITS'],
    [proportionMoments(1, 1), some, 'TOO_FEW_UNITS'],
    [proportionMoments(100, 0), some, 'CONTROL_IS_ZERO'],
  ])('relative %#', (control, treatment, reason) => {
    expect(compareRelative(control, treatment)).toEqual({ kind: 'insufficient', reason });
  });

  test('no variance, nothing measured', () => {
    const none = proportionMoments(100, 0);
    expect(compareAbsolute(none, none)).toEqual({ kind: 'insufficient', reason: 'NO_VARIANCE' });
    const empty = { numerator: 0, denominator: 0, covariate: null };
    const nothing = ratioMoments(sumUnits([empty, empty]), 0);
    expect(compareAbsolute(nothing, nothing)).toEqual({
      kind: 'insufficient',
      reason: 'NOTHING_MEASURED',
    });
  });
});
