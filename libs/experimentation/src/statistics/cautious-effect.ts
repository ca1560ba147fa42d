import type { EstimatedEffect } from './compare-arms.js';
import type { Moments } from './moments.js';

/**
 * The effect with the larger of two standard errors: Welch's, and the one with both arms' variances
 * pooled. With equal arms they are the same. A small arm in which something rare has not happened
 * yet has no variance of its own, and Welch's test then takes the absence for certain: at 10 %
 * against 90 % and a rate of 0.5 %, looked at 40 times, a third of all experiments without an
 * effect would be significant at some point. Pooled, the small arm borrows what the large one
 * knows.
 */
export function cautious(
  effect: EstimatedEffect,
  control: Moments,
  treatment: Moments,
): EstimatedEffect {
  const squares =
    control.variance * (control.units - 1) + treatment.variance * (treatment.units - 1);
  const variance = squares / (control.units + treatment.units - 2);
  const pooled = Math.sqrt(variance * (1 / control.units + 1 / treatment.units));
  return { ...effect, standardError: Math.max(effect.standardError, pooled) };
}

/**
 * The lifts that a test of the absolute difference does not reject: those t for which the
 * difference lies within `critical` standard errors of t times the control's mean (Fieller). Unlike
 * the delta method's it holds zero just when the absolute interval does, and is not thrown off by a
 * control of few events.
 *
 * @param absolute The cautious absolute effect.
 * @returns Null when the control cannot be told from zero, so that no lift is ruled out.
 * @see Fieller (1954), "Some problems in interval estimation".
 */
export function liftInterval(
  absolute: EstimatedEffect,
  { control, treatment }: { readonly control: Moments; readonly treatment: Moments },
  critical: number,
): { readonly low: number; readonly high: number } | null {
  const welch = treatment.variance / treatment.units + control.variance / control.units;
  // What caution added to the variance of the difference, it adds to all of it.
  const reach = critical ** 2 * (absolute.standardError ** 2 / welch);
  const base = control.rawMean;
  // (difference - t base)^2 <= reach (var(difference) - 2 t cov(difference, base) + t^2 var(base))
  const square = base ** 2 - (reach * control.rawVariance) / control.units;
  const linear = absolute.estimate * base + (reach * control.rawCovariance) / control.units;
  const constant = absolute.estimate ** 2 - reach * welch;
  if (square <= 0) return null;
  const root = Math.sqrt(Math.max(0, linear ** 2 - square * constant));
  return { low: (linear - root) / square, high: (linear + root) / square };
}
