import type { UnitSums } from './unit-sums.js';

/**
 * What two arms are compared by. The variances are of one unit's contribution, so the variance of
 * the mean is `variance / units`. "Raw" is without the adjustment by a covariate; without one the
 * raw and the adjusted are the same.
 */
export interface Moments {
  readonly units: number;
  readonly mean: number;
  readonly variance: number;
  readonly rawMean: number;
  readonly rawVariance: number;
  /** Covariance of adjusted and raw. */
  readonly rawCovariance: number;
}

/** A share of units, such as the units that were ever challenged: variance p (1 - p). */
export function proportionMoments(units: number, successes: number): Moments {
  const mean = units > 0 ? successes / units : Number.NaN;
  return unadjusted(units, mean, mean * (1 - mean));
}

/**
 * The mean and variance of a ratio metric, by the delta method, adjusted by its covariate.
 *
 * A unit counts as its linearised value (numerator - R denominator) / mean denominator, R being the
 * ratio of the sums: its variance is what the delta method gives. With a covariate x from before
 * the experiment the metric is R - theta (mean of x): the same difference between arms in
 * expectation, since no arm changed x, with less variance.
 *
 * @param theta From `adjustmentOf`, the same for every arm that is compared; 0 adjusts nothing.
 * @returns NaN as mean when the denominators sum to 0.
 * @see Deng, Knoblich, Lu (2018), "Applying the delta method in metric analytics"; Deng, Xu,
 * Kohavi, Walker (2013), "Improving the sensitivity of online controlled experiments", for CUPED.
 */
export function ratioMoments(sums: UnitSums, theta: number): Moments {
  const { units, covariate } = sums;
  const rawMean = sums.denominator === 0 ? Number.NaN : sums.numerator / sums.denominator;
  const rawVariance = linearisedVariance(sums, rawMean);
  if (covariate === null || theta === 0) return unadjusted(units, rawMean, rawVariance);
  const variance = covarianceOf(units, covariate.squares, covariate.sum, covariate.sum);
  const covariance = covariateCovariance(sums, rawMean);
  return {
    units,
    mean: rawMean - theta * (covariate.sum / units),
    variance: rawVariance + theta * theta * variance - 2 * theta * covariance,
    rawMean,
    rawVariance,
    rawCovariance: rawVariance - theta * covariance,
  };
}

/**
 * How much of the covariate to subtract: its regression coefficient over all arms together, which
 * is the one that leaves the least variance.
 *
 * @param pooled The sums of all arms that are compared, added.
 * @returns 0 without a covariate, or when it does not vary.
 */
export function adjustmentOf(pooled: UnitSums): number {
  const { units, covariate } = pooled;
  if (covariate === null || units < 2 || pooled.denominator === 0) return 0;
  const variance = covarianceOf(units, covariate.squares, covariate.sum, covariate.sum);
  if (!(variance > 0)) return 0;
  return covariateCovariance(pooled, pooled.numerator / pooled.denominator) / variance;
}

function unadjusted(units: number, mean: number, variance: number): Moments {
  return {
    units,
    mean,
    variance,
    rawMean: mean,
    rawVariance: variance,
    rawCovariance: variance,
  };
}

function linearisedVariance(sums: UnitSums, ratio: number): number {
  const { units, numerator, denominator } = sums;
  const mean = denominator / units;
  const over = covarianceOf(units, sums.numeratorSquares, numerator, numerator);
  const under = covarianceOf(units, sums.denominatorSquares, denominator, denominator);
  const both = covarianceOf(units, sums.products, numerator, denominator);
  return (over + ratio * ratio * under - 2 * ratio * both) / (mean * mean);
}

function covariateCovariance(sums: UnitSums, ratio: number): number {
  const { units, covariate, numerator, denominator } = sums;
  if (covariate === null) return 0;
  const over = covarianceOf(units, covariate.numeratorProducts, covariate.sum, numerator);
  const under = covarianceOf(units, covariate.denominatorProducts, covariate.sum, denominator);
  return ((over - ratio * under) * units) / denominator;
}

function covarianceOf(units: number, products: number, sumA: number, sumB: number): number {
  return (products - (sumA * sumB) / units) / (units - 1);
}
