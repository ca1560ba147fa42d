import { normalCdf, normalQuantile } from './distributions.js';
import { alwaysValidCritical } from './inference.js';

/** Where the search for a sample size gives up: more units than any payment system has. */
const UNITS_MAX = 1e12;

export interface PowerPlan {
  /** Of one unit's contribution to the metric, from history. */
  readonly variance: number;
  /** The treatment arm's share of both arms' units, (0, 1). */
  readonly treatmentShare: number;
  readonly alpha: number;
  /** Null: a fixed horizon; else what `alwaysValid` is given. */
  readonly tuningUnits: number | null;
}

/**
 * The probability, [0, 1], that a difference of `effect` is significant after so many units in both
 * arms. With always-valid intervals it may be found sooner: this is the chance at that look alone.
 */
export function powerAt(units: number, effect: number, plan: PowerPlan): number {
  const distance = Math.abs(effect) / standardErrorAt(units, plan);
  const critical = criticalAt(units, plan);
  return normalCdf(distance - critical) + normalCdf(-distance - critical);
}

/**
 * The units, in both arms together, that find a difference of `effect` with the wanted power, (0,
 * 1).
 *
 * @returns Null when no number of units does, as for an effect of 0.
 */
export function unitsNeeded(effect: number, power: number, plan: PowerPlan): number | null {
  let enough = 2;
  while (powerAt(enough, effect, plan) < power) {
    enough *= 2;
    if (enough > UNITS_MAX) return null;
  }
  let tooFew = enough / 2;
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (powerAt(middle, effect, plan) < power) tooFew = middle;
    else enough = middle;
  }
  return enough;
}

/** The smallest difference, in the metric's unit, found with this power after so many units. */
export function detectableEffect(units: number, power: number, plan: PowerPlan): number {
  return (criticalAt(units, plan) + normalQuantile(power)) * standardErrorAt(units, plan);
}

function standardErrorAt(units: number, { variance, treatmentShare }: PowerPlan): number {
  return Math.sqrt(variance / (units * treatmentShare * (1 - treatmentShare)));
}

function criticalAt(units: number, { alpha, tuningUnits }: PowerPlan): number {
  if (tuningUnits === null) return -normalQuantile(alpha / 2);
  return alwaysValidCritical(units, { alpha, tuningUnits });
}
