import {
  compareAbsolute,
  compareRelative,
  type Effect,
  type InsufficientReason,
} from '../statistics/compare-arms.js';
import { alwaysValid, fixedHorizon, type Inference } from '../statistics/inference.js';
import { adjustmentOf, ratioMoments } from '../statistics/moments.js';
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
  | { readonly kind: 'insufficient'; readonly reason: InsufficientReason };

/** One metric of one arm against the control. */
export interface MetricComparison {
  readonly armId: string;
  readonly controlMean: number;
  readonly treatmentMean: number;
  readonly absolute: Compared;
  readonly relative: Compared;
  /** Of the absolute difference, corrected over arms; null when there is no estimate. */
  readonly corrected: { readonly fixed: number; readonly alwaysValid: number } | null;
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
      absolute: infer(compareAbsolute(base, moments), level),
      relative: infer(compareRelative(base, moments), level),
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

function infer(effect: Effect, options: InferenceOptions): Compared {
  if (effect.kind === 'insufficient') return effect;
  return {
    kind: 'estimated',
    estimate: effect.estimate,
    standardError: effect.standardError,
    fixed: fixedHorizon(effect, options.alpha),
    alwaysValid: alwaysValid(effect, options),
  };
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
