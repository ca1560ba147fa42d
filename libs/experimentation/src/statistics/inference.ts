import type { EstimatedEffect } from './compare-arms.js';
import { studentCritical, studentTwoSided } from './distributions.js';

export interface Inference {
  /** Ends of the interval at level 1 - alpha. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, of no effect, [0, 1]. */
  readonly pValue: number;
}

/**
 * Interval and p-value of Welch's t test: valid for one look, at a time fixed before the start. Who
 * looks daily and stops at the first significant day is wrong far more often than alpha.
 */
export function fixedHorizon(effect: EstimatedEffect, alpha: number): Inference {
  const { estimate, standardError, freedom } = effect;
  const reach = studentCritical(alpha, freedom) * standardError;
  return {
    low: estimate - reach,
    high: estimate + reach,
    pValue: studentTwoSided(Math.abs(estimate / standardError), freedom),
  };
}

export interface AlwaysValidOptions {
  /** In (0, 1). */
  readonly alpha: number;
  /** The number of units at which the interval shall be tightest relative to the fixed one. */
  readonly tuningUnits: number;
}

/**
 * Interval and p-value that hold at every look, however often, and whatever made one stop: an
 * asymptotic confidence sequence from the normal mixture martingale. Wider than the fixed interval
 * by about half; what that buys is the right to look. Asymptotic in that the central limit theorem
 * must have set in before the first look: ask for some hundred units first.
 *
 * @see Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), "Time-uniform central limit theory and
 * asymptotic confidence sequences", arXiv 2103.06476v7: equation 9 (interval), 155 (e-value; the
 * p-value is its reciprocal), as in GrowthBook's gbstats.
 */
export function alwaysValid(effect: EstimatedEffect, options: AlwaysValidOptions): Inference {
  const { estimate, standardError, units } = effect;
  const growth = units * mixingRho(options) ** 2;
  const reach = standardError * alwaysValidCritical(units, options);
  const z = estimate / standardError;
  // log of e = exp(growth z^2 / (2 (growth + 1))) / sqrt(growth + 1)
  const logEvidence = (growth * z * z) / (2 * (growth + 1)) - Math.log1p(growth) / 2;
  return {
    low: estimate - reach,
    high: estimate + reach,
    pValue: Math.min(1, Math.exp(-logEvidence)),
  };
}

/** How many standard errors the always-valid interval reaches to each side after so many units. */
export function alwaysValidCritical(units: number, options: AlwaysValidOptions): number {
  const growth = units * mixingRho(options) ** 2;
  return Math.sqrt(
    ((2 * (growth + 1)) / growth) * (Math.log1p(growth) / 2 - Math.log(options.alpha)),
  );
}

/** Rho, the spread of the mixture, that is tightest at `tuningUnits`: equation 161, two-sided. */
function mixingRho({ alpha, tuningUnits }: AlwaysValidOptions): number {
  const twice = -2 * Math.log(alpha);
  return Math.sqrt((twice + Math.log1p(twice)) / tuningUnits);
}
