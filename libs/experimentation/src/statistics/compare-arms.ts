import type { Moments } from './moments.js';

/** Fewer units than this in an arm, and no interval means what it says. */
const UNITS_MIN = 2;

export type Effect =
  | {
      readonly kind: 'estimated';
      readonly estimate: number;
      readonly standardError: number;
      /** Welch and Satterthwaite's. */
      readonly freedom: number;
      /** Of both arms together. */
      readonly units: number;
    }
  | { readonly kind: 'insufficient'; readonly reason: InsufficientReason };

export type EstimatedEffect = Extract<Effect, { kind: 'estimated' }>;

/** Why there is no estimate. Never an estimate of 0 with a p-value of 1: nothing was learnt. */
export type InsufficientReason =
  'TOO_FEW_UNITS' | 'NO_VARIANCE' | 'NOTHING_MEASURED' | 'CONTROL_IS_ZERO';

/** Treatment minus control, in the metric's own unit. */
export function compareAbsolute(control: Moments, treatment: Moments): Effect {
  const variance = treatment.variance / treatment.units + control.variance / control.units;
  return effectOf({ estimate: treatment.mean - control.mean, variance }, control, treatment);
}

/**
 * The lift: treatment minus control over control; 0.1 is ten percent more. The control's mean is
 * uncertain too, which the delta method counts in. Lifts with a control near zero are not to be
 * trusted: look at the absolute difference.
 *
 * @see Deng, Knoblich, Lu (2018), "Applying the delta method in metric analytics", percent change.
 */
export function compareRelative(control: Moments, treatment: Moments): Effect {
  const base = control.rawMean;
  if (base === 0) return { kind: 'insufficient', reason: 'CONTROL_IS_ZERO' };
  const growth = treatment.rawMean / base - 1;
  const controlVariance =
    control.variance + 2 * growth * control.rawCovariance + growth * growth * control.rawVariance;
  const variance =
    (treatment.variance / treatment.units + controlVariance / control.units) / (base * base);
  return effectOf(
    { estimate: (treatment.mean - control.mean) / base, variance },
    control,
    treatment,
  );
}

function effectOf(
  { estimate, variance }: { readonly estimate: number; readonly variance: number },
  control: Moments,
  treatment: Moments,
): Effect {
  if (Math.min(control.units, treatment.units) < UNITS_MIN) {
    return { kind: 'insufficient', reason: 'TOO_FEW_UNITS' };
  }
  if (Number.isNaN(estimate)) return { kind: 'insufficient', reason: 'NOTHING_MEASURED' };
  if (!(variance > 0)) return { kind: 'insufficient', reason: 'NO_VARIANCE' };
  return {
    kind: 'estimated',
    estimate,
    standardError: Math.sqrt(variance),
    freedom: welchFreedom(control, treatment),
    units: control.units + treatment.units,
  };
}

/** @see Welch (1947), "The generalization of Student's problem". */
function welchFreedom(control: Moments, treatment: Moments): number {
  const a = control.variance / control.units;
  const b = treatment.variance / treatment.units;
  return (a + b) ** 2 / (a ** 2 / (control.units - 1) + b ** 2 / (treatment.units - 1));
}
