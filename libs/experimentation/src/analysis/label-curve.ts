import { normalQuantile } from '../statistics/distributions.js';

/** Decisions of one age: when their label came, or how old they are now without one. */
export interface LabelAge {
  /** Days from the decision to its label, or to now when there is none yet; 0 or more. */
  readonly ageDays: number;
  readonly labelled: boolean;
  readonly decisions: number;
}

export interface LabelStep {
  readonly ageDays: number;
  /** The share, [0, 1], of the labels that come by the horizon which has come by this age. */
  readonly shareKnown: number;
  readonly low: number;
  readonly high: number;
}

/** Steps by ascending age: a share holds from its age until the next step's. */
export interface LabelCurve {
  readonly horizonDays: number;
  readonly steps: readonly LabelStep[];
}

interface Survival {
  readonly ageDays: number;
  /** The share still without a label just after this age. */
  readonly unlabelled: number;
  /** Greenwood's sum: the variance of the logarithm of `unlabelled`. */
  readonly logVariance: number;
}

/**
 * How mature labels are by age, by Kaplan and Meier: decisions that are young and have no label yet
 * are censored, not counted as label-free, so that a growing business does not look slow to learn.
 *
 * Most decisions never get a label, so the curve of all of them levels out far below 1; what is
 * returned is that curve over its height at the horizon, after which a label is no longer waited
 * for. The interval is by the delta method on the logit, with Greenwood's variances before and
 * after the age, which are independent.
 *
 * @param ages Any order; ages above the horizon count as censored at it.
 * @param alpha Level of the interval, pointwise.
 * @returns No steps when no label came by the horizon.
 * @see Kaplan and Meier (1958); Greenwood (1926).
 */
export function labelCurve(
  ages: readonly LabelAge[],
  horizonDays: number,
  alpha: number,
): LabelCurve {
  const survivals = survivalSteps(ages, horizonDays);
  const last = survivals.at(-1);
  if (last === undefined) return { horizonDays, steps: [] };
  const z = -normalQuantile(alpha / 2);
  return { horizonDays, steps: survivals.map((survival) => stepOf(survival, last, z)) };
}

/** The share, [0, 1], of labels known for decisions of this age; null when no label ever came. */
export function shareKnownAt(curve: LabelCurve, ageDays: number): number | null {
  if (curve.steps.length === 0) return null;
  if (ageDays >= curve.horizonDays) return 1;
  return curve.steps.findLast((step) => step.ageDays <= ageDays)?.shareKnown ?? 0;
}

/**
 * The share of its labels that a set of decisions may be expected to have by now.
 *
 * @param ages Decisions by their age now; `decisions` weighs an age.
 * @returns Null for no decisions, or when no label ever came.
 */
export function expectedShareKnown(
  curve: LabelCurve,
  ages: readonly { readonly ageDays: number; readonly decisions: number }[],
): number | null {
  let known = 0;
  let total = 0;
  for (const { ageDays, decisions } of ages) {
    const share = shareKnownAt(curve, ageDays);
    if (share === null) return null;
    known += share * decisions;
    total += decisions;
  }
  return total > 0 ? known / total : null;
}

function survivalSteps(ages: readonly LabelAge[], horizonDays: number): Survival[] {
  const labelledAt = new Map<number, number>();
  const leavingAt = new Map<number, number>();
  let atRisk = 0;
  for (const { ageDays, labelled, decisions } of ages) {
    const age = Math.min(ageDays, horizonDays);
    atRisk += decisions;
    leavingAt.set(age, (leavingAt.get(age) ?? 0) + decisions);
    if (labelled && ageDays <= horizonDays) {
      labelledAt.set(age, (labelledAt.get(age) ?? 0) + decisions);
    }
  }
  const steps: Survival[] = [];
  let unlabelled = 1;
  let logVariance = 0;
  for (const age of [...leavingAt.keys()].toSorted((a, b) => a - b)) {
    const labelled = labelledAt.get(age) ?? 0;
    if (labelled > 0) {
      unlabelled *= 1 - labelled / atRisk;
      logVariance += labelled / (atRisk * (atRisk - labelled));
      steps.push({ ageDays: age, unlabelled, logVariance });
    }
    atRisk -= leavingAt.get(age) ?? 0;
  }
  return steps;
}

function stepOf(at: Survival, last: Survival, z: number): LabelStep {
  const share = (1 - at.unlabelled) / (1 - last.unlabelled);
  if (at === last || !(share < 1)) {
    return { ageDays: at.ageDays, shareKnown: 1, low: 1, high: 1 };
  }
  // Of log(share): by the survival up to this age, and from it to the last.
  const after = last.unlabelled / (1 - last.unlabelled);
  const before = after - at.unlabelled / (1 - at.unlabelled);
  const logVariance =
    before ** 2 * at.logVariance + after ** 2 * (last.logVariance - at.logVariance);
  const reach = (z * Math.sqrt(logVariance)) / (1 - share);
  const odds = share / (1 - share);
  const low = odds * Math.exp(-reach);
  const high = odds * Math.exp(reach);
  return { ageDays: at.ageDays, shareKnown: share, low: low / (1 + low), high: high / (1 + high) };
}
