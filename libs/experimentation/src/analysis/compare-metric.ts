import { cautious, liftInterval } from '../statistics/cautious-effect.js';
import {
  compareAbsolute,
  compareRelative,
  type EstimatedEffect,
  type InsufficientReason,
} from '../statistics/compare-arms.js';
import {
  alwaysValid,
  alwaysValidCritical,
  fixedHorizon,
  type Inference,
} from '../statistics/inference.js';
import { adjustmentOf, ratioMoments, type Moments } from '../statistics/moments.js';
import { holm } from '../statistics/multiple-tests.js';
import { addSums, emptySums, type UnitSums } from '../statistics/unit-sums.js';

export type Compared =
  | {
      readonly kind: 'estimated';
      readonly estimate: number;
      readonly standardError: number;
      readonly fixed: Inference;
      readonly alwaysValid: Inference;
    }
  | { readonly kind: 'insufficient'; readonly reason: InsufficientReason | 'CONTROL_NEAR_ZERO' };

/** One metric of one arm against the control. */
export interface MetricComparison {
  readonly armId: string;
  readonly controlMean: number;
  readonly treatmentMean: number;
  readonly absolute: Compared;
  readonly relative: Compared;
  /** Of the absolute difference, corrected over arms; null when there is no estimate. */
  readonly corrected: { readonly fixed: number; readonly alwaysValid: number } | null;
  /**
   * How much of the difference's variance the covariate took away, at most 1; null where units have
   * none.
   */
  readonly varianceReduction: number | null;
}

export interface MetricSums {
  readonly control: UnitSums;
  readonly treatments: readonly { readonly armId: string; readonly sums: UnitSums }[];
}

export interface InferenceOptions {
  /** The level of the experiment, over all its arms; in (0, 1). */
  readonly alpha: number;
  readonly tuningUnits: number;
}

/**
 * Every treatment against the control. Intervals are simultaneous over arms (Bonferroni: each at
 * alpha over the number of arms); p-values are corrected by Holm, which needs no more assumptions
 * and finds more. Where units have a covariate, all arms are adjusted by the same coefficient.
 */
export function compareMetric(sums: MetricSums, options: InferenceOptions): MetricComparison[] {
  const { control, treatments } = sums;
  const everyone = [control, ...treatments.map((treatment) => treatment.sums)];
  const theta = adjustmentOf(everyone.reduce(addSums, emptySums));
  const level = { ...options, alpha: options.alpha / Math.max(1, treatments.length) };
  const base = ratioMoments(control, theta);
  const compared = treatments.map((treatment) => {
    const moments = ratioMoments(treatment.sums, theta);
    return {
      armId: treatment.armId,
      controlMean: base.rawMean,
      treatmentMean: moments.rawMean,
      varianceReduction: theta === 0 ? null : varianceReduction(base, moments),
      ...infer(base, moments, level),
    };
  });
  const fixed = correct(compared, (one) => one.fixed.pValue);
  const always = correct(compared, (one) => one.alwaysValid.pValue);
  return compared.map((one, nth) => ({
    ...one,
    corrected:
      one.absolute.kind === 'insufficient'
        ? null
        : { fixed: fixed[nth] ?? 1, alwaysValid: always[nth] ?? 1 },
  }));
}

function varianceReduction(control: Moments, treatment: Moments): number {
  const raw = control.rawVariance / control.units + treatment.rawVariance / treatment.units;
  return 1 - (control.variance / control.units + treatment.variance / treatment.units) / raw;
}

/** Absolute and relative, fixed as Welch has it, always valid with caution. */
function infer(
  control: Moments,
  treatment: Moments,
  options: InferenceOptions,
): { readonly absolute: Compared; readonly relative: Compared } {
  const absolute = compareAbsolute(control, treatment);
  if (absolute.kind === 'insufficient') return { absolute, relative: absolute };
  const careful = cautious(absolute, control, treatment);
  const always = alwaysValid(careful, options);
  return {
    absolute: { ...withFixed(absolute, options), alwaysValid: always },
    relative: inferRelative({ control, treatment }, { careful, pValue: always.pValue }, options),
  };
}

function inferRelative(
  arms: { readonly control: Moments; readonly treatment: Moments },
  absolute: { readonly careful: EstimatedEffect; readonly pValue: number },
  options: InferenceOptions,
): Compared {
  const relative = compareRelative(arms.control, arms.treatment);
  if (relative.kind === 'insufficient') return relative;
  const critical = alwaysValidCritical(relative.units, options);
  const interval = liftInterval(absolute.careful, arms, critical);
  if (interval === null) return { kind: 'insufficient', reason: 'CONTROL_NEAR_ZERO' };
  // No lift and no difference are one hypothesis, so they have one p-value.
  const alwaysValidLift = { ...interval, pValue: absolute.pValue };
  return { ...withFixed(relative, options), alwaysValid: alwaysValidLift };
}

function withFixed(effect: EstimatedEffect, options: InferenceOptions) {
  const { estimate, standardError } = effect;
  const fixed = fixedHorizon(effect, options.alpha);
  return { kind: 'estimated' as const, estimate, standardError, fixed };
}

/**
 * An arm without an estimate still counts as a test, with a p-value of 1: it may have one tomorrow.
 */
function correct(
  compared: readonly { readonly absolute: Compared }[],
  pValueOf: (one: Extract<Compared, { kind: 'estimated' }>) => number,
): number[] {
  return holm(
    compared.map(({ absolute }) => (absolute.kind === 'estimated' ? pValueOf(absolute) : 1)),
  );
}
