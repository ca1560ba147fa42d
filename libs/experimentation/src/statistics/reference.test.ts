import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compareAbsolute, compareRelative, type Effect } from './compare-arms.js';
import {
  chiSquareUpper,
  fairCoinCdf,
  fairCoinPmf,
  normalCdf,
  normalQuantile,
  studentCritical,
  studentTwoSided,
} from './distributions.js';
import { logBeta, logGamma } from './gamma-functions.js';
import { alwaysValid, fixedHorizon, type Inference } from './inference.js';
import { adjustmentOf, proportionMoments, ratioMoments, type Moments } from './moments.js';
import { benjaminiHochberg } from './multiple-tests.js';
import { sampleRatioPValue } from './sample-ratio.js';
import { addSums, meanSums, type MeanSums, type UnitSums } from './unit-sums.js';

/** What SciPy and gbstats gave; test/write-reference.py writes it anew. */
const reference = JSON.parse(
  readFileSync(new URL('../../test/reference.json', import.meta.url), 'utf8'),
) as Reference;

type Row = readonly [number, number] | readonly [number, number, number];
type Interval = readonly [low: number, high: number, pValue: number];
interface Expected {
  readonly estimate: number;
  readonly fixed: Interval;
  readonly sequential: Interval;
}
interface Share {
  readonly units: number;
  readonly successes: number;
}
interface Plain<Kind, Sums> {
  readonly kind: Kind;
  readonly control: Sums;
  readonly treatment: Sums;
  readonly results: { readonly absolute: Expected; readonly relative: Expected };
}
interface Adjusted {
  readonly kind: 'adjusted';
  readonly theta: number;
  readonly control: MeanSums;
  readonly treatment: MeanSums;
  readonly results: {
    readonly absolute: Expected;
    readonly relativeEstimate: number;
    readonly relativeStandardError: number;
  };
}
interface Reference {
  readonly alpha: number;
  readonly tuningUnits: number;
  readonly distributions: Readonly<Record<string, readonly Row[]>>;
  readonly comparisons: readonly (
    Plain<'mean', MeanSums> | Plain<'proportion', Share> | Plain<'ratio', UnitSums> | Adjusted
  )[];
  readonly sampleRatios: readonly {
    readonly units: readonly number[];
    readonly weights: readonly number[];
    readonly pValue: number;
  }[];
  readonly multipleTests: readonly {
    readonly pValues: readonly number[];
    readonly benjaminiHochberg: readonly number[];
  }[];
}

/** `floor` is what counts as zero: gbstats takes p-values as 1 - cdf, which has no digits below it. */
function expectClose(actual: number, expected: number, precision: number, floor = 0): void {
  const distance = Math.abs(actual - expected) / Math.max(Math.abs(expected), floor, 1e-300);
  if (!(distance <= precision)) {
    expect.fail(`${actual} is not ${expected}: ${distance.toExponential(1)} apart`);
  }
}

const functions: Record<string, (first: number, second: number) => number> = {
  logGamma,
  logBeta,
  normalCdf,
  normalQuantile,
  studentTwoSided,
  studentCritical,
  chiSquareUpper,
  fairCoinCdf,
  fairCoinPmf,
};

describe('against SciPy, to ten digits', () => {
  test.each(Object.entries(functions))('%s', (name, fn) => {
    const rows = reference.distributions[name] ?? [];
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const expected = row.at(-1) as number;
      const actual = fn(row[0], row[1]);
      expectClose(actual, expected, 1e-10, 1e-300);
    }
  });
});

function inferred(effect: Effect, infer: (of: Effect & { kind: 'estimated' }) => Inference) {
  if (effect.kind === 'insufficient') throw new Error(effect.reason);
  return infer(effect);
}

function expectInterval(actual: Inference, [low, high, pValue]: Interval): void {
  const width = high - low;
  expectClose(actual.low, low, 1e-9, width);
  expectClose(actual.high, high, 1e-9, width);
  expectClose(actual.pValue, pValue, 1e-9, 1e-3);
}

function expectComparison(effect: Effect, expected: Expected): void {
  const { alpha, tuningUnits } = reference;
  if (effect.kind === 'insufficient') throw new Error(effect.reason);
  expectClose(effect.estimate, expected.estimate, 1e-9);
  expectInterval(
    inferred(effect, (of) => fixedHorizon(of, alpha)),
    expected.fixed,
  );
  expectInterval(
    inferred(effect, (of) => alwaysValid(of, { alpha, tuningUnits })),
    expected.sequential,
  );
}

describe('against gbstats, to nine digits', () => {
  test.each(reference.comparisons.map((one, nth) => [nth, one.kind, one] as const))(
    'case %i, a %s: fixed and sequential, absolute and relative',
    (_nth, _kind, one) => {
      if (one.kind === 'adjusted') return expectAdjusted(one);
      let arms: readonly [Moments, Moments];
      if (one.kind === 'mean') {
        arms = [ratioMoments(meanSums(one.control), 0), ratioMoments(meanSums(one.treatment), 0)];
      } else if (one.kind === 'ratio') {
        arms = [ratioMoments(one.control, 0), ratioMoments(one.treatment, 0)];
      } else {
        const { control, treatment } = one;
        arms = [
          proportionMoments(control.units, control.successes),
          proportionMoments(treatment.units, treatment.successes),
        ];
      }
      expectComparison(compareAbsolute(...arms), one.results.absolute);
      expectComparison(compareRelative(...arms), one.results.relative);
    },
  );

  test.each(reference.sampleRatios)('sample ratio of $units', ({ units, weights, pValue }) => {
    const arms = units.map((count, nth) => ({ units: count, weight: weights[nth] as number }));
    expectClose(sampleRatioPValue(arms), pValue, 1e-9);
  });
});

function expectAdjusted(one: Adjusted): void {
  const control = meanSums(one.control);
  const treatment = meanSums(one.treatment);
  const theta = adjustmentOf(addSums(control, treatment));
  expectClose(theta, one.theta, 1e-9);
  const arms = [ratioMoments(control, theta), ratioMoments(treatment, theta)] as const;
  expectComparison(compareAbsolute(...arms), one.results.absolute);
  const relative = compareRelative(...arms);
  if (relative.kind === 'insufficient') throw new Error(relative.reason);
  expectClose(relative.estimate, one.results.relativeEstimate, 1e-9);
  expectClose(relative.standardError, one.results.relativeStandardError, 1e-9);
}

test.each(reference.multipleTests)('Benjamini and Hochberg on $pValues, as SciPy', (one) => {
  for (const [nth, adjusted] of benjaminiHochberg(one.pValues).entries()) {
    expectClose(adjusted, one.benjaminiHochberg[nth] as number, 1e-12);
  }
});
