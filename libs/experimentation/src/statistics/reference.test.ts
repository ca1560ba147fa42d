import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  compareAbsolute,
  compareRelative,
  type Effect,
  type EstimatedEffect,
} from './compare-arms.js';
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
type Comparison =
  Plain<'mean', MeanSums> | Plain<'proportion', Share> | Plain<'ratio', UnitSums> | Adjusted;
interface Reference {
  readonly alpha: number;
  readonly tuningUnits: number;
  readonly distributions: Readonly<Record<string, readonly Row[]>>;
  readonly comparisons: readonly Comparison[];
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

/**
 * How far apart two numbers are, relative to the second or to `floor`, whichever is larger: gbstats
 * takes p-values as 1 - cdf, which has few digits left when it is small.
 */
function apart(actual: number, expected: number, floor = 1e-300): number {
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), floor);
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
      expect(apart(fn(row[0], row[1]), row.at(-1) as number)).toBeLessThan(1e-10);
    }
  });
});

function estimated(effect: Effect): EstimatedEffect {
  if (effect.kind === 'insufficient') throw new Error(effect.reason);
  return effect;
}

function intervalApart(actual: Inference, [low, high, pValue]: Interval): number {
  const width = high - low;
  return Math.max(
    apart(actual.low, low, width),
    apart(actual.high, high, width),
    apart(actual.pValue, pValue, 1e-3),
  );
}

function comparisonApart(effect: Effect, expected: Expected): number {
  const { alpha, tuningUnits } = reference;
  const one = estimated(effect);
  return Math.max(
    apart(one.estimate, expected.estimate),
    intervalApart(fixedHorizon(one, alpha), expected.fixed),
    intervalApart(alwaysValid(one, { alpha, tuningUnits }), expected.sequential),
  );
}

function momentsOf(one: Exclude<Comparison, Adjusted>): [Moments, Moments] {
  switch (one.kind) {
    case 'mean':
      return [ratioMoments(meanSums(one.control), 0), ratioMoments(meanSums(one.treatment), 0)];
    case 'ratio':
      return [ratioMoments(one.control, 0), ratioMoments(one.treatment, 0)];
    case 'proportion': {
      const { control, treatment } = one;
      return [
        proportionMoments(control.units, control.successes),
        proportionMoments(treatment.units, treatment.successes),
      ];
    }
  }
}

describe('against gbstats, to nine digits', () => {
  const plain = reference.comparisons.filter((one) => one.kind !== 'adjusted');
  test.each(plain.map((one, nth) => [nth, one.kind, one] as const))(
    'case %i, a %s: fixed and sequential, absolute and relative',
    (_nth, _kind, one) => {
      const arms = momentsOf(one);
      const { absolute, relative } = one.results;
      expect(comparisonApart(compareAbsolute(...arms), absolute)).toBeLessThan(1e-9);
      expect(comparisonApart(compareRelative(...arms), relative)).toBeLessThan(1e-9);
    },
  );

  const adjusted = reference.comparisons.filter((one) => one.kind === 'adjusted');
  test.each(adjusted.map((one, nth) => [nth, one] as const))(
    'case %i, adjusted by a covariate',
    (_nth, one) => {
      const control = meanSums(one.control);
      const treatment = meanSums(one.treatment);
      const theta = adjustmentOf(addSums(control, treatment));
      expect(apart(theta, one.theta)).toBeLessThan(1e-9);
      const arms = [ratioMoments(control, theta), ratioMoments(treatment, theta)] as const;
      const { absolute, relativeEstimate, relativeStandardError } = one.results;
      expect(comparisonApart(compareAbsolute(...arms), absolute)).toBeLessThan(1e-9);
      const relative = estimated(compareRelative(...arms));
      expect(apart(relative.estimate, relativeEstimate)).toBeLessThan(1e-9);
      expect(apart(relative.standardError, relativeStandardError)).toBeLessThan(1e-9);
    },
  );

  test.each(reference.sampleRatios)('sample ratio of $units', ({ units, weights, pValue }) => {
    const arms = units.map((count, nth) => ({ units: count, weight: weights[nth] as number }));
    expect(apart(sampleRatioPValue(arms), pValue)).toBeLessThan(1e-9);
  });
});

test.each(reference.multipleTests)('Benjamini and Hochberg on $pValues, as SciPy', (one) => {
  for (const [nth, value] of benjaminiHochberg(one.pValues).entries()) {
    expect(apart(value, one.benjaminiHochberg[nth] as number)).toBeLessThan(1e-12);
  }
});
