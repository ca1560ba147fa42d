import { chiSquareUpper } from './distributions.js';
import { logGamma } from './gamma-functions.js';

/**
 * How tightly the alternative lies around the intended shares, in units: the higher, the smaller
 * the mismatch it is best at finding. At 10,000 that is a few tenths of a percent.
 */
const CONCENTRATION_UNITS = 10_000;

export interface ArmCount {
  readonly units: number;
  /** The share of all units that this arm should have, above 0; shares need not sum to 1. */
  readonly weight: number;
}

/**
 * Pearson's chi-square test that units fell into arms as intended. For one look.
 *
 * @returns The p-value, [0, 1]; 1 with fewer than two arms or no units.
 */
export function sampleRatioPValue(arms: readonly ArmCount[]): number {
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const weight = arms.reduce((sum, arm) => sum + arm.weight, 0);
  if (units === 0 || arms.length < 2) return 1;
  const statistic = arms.reduce((sum, arm) => {
    const expected = (arm.weight / weight) * units;
    return sum + (arm.units - expected) ** 2 / expected;
  }, 0);
  return chiSquareUpper(statistic, arms.length - 1);
}

/**
 * The same for any number of looks: the Bayes factor of a Dirichlet-multinomial around the intended
 * shares against exactly those shares is a martingale while assignment is sound, so its reciprocal,
 * at its lowest so far, is a p-value at every time.
 *
 * @param arms Counts since the start under the same weights: after a change of weights, begin anew.
 * @param lowestBefore What the last look returned; 1 at the first.
 * @see Lindon and Malek (2022), "Anytime-valid inference for multinomial count data".
 */
export function sequentialSampleRatioPValue(
  arms: readonly ArmCount[],
  lowestBefore: number,
): number {
  return Math.min(lowestBefore, 1, Math.exp(-logSampleRatioEvidence(arms)));
}

/** The logarithm of the Bayes factor for a mismatch: 0 says nothing, above 4.6 is 100 to 1. */
function logSampleRatioEvidence(arms: readonly ArmCount[]): number {
  const weight = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const perArm = arms.reduce((sum, arm) => {
    const share = arm.weight / weight;
    const prior = CONCENTRATION_UNITS * share;
    return sum + logGamma(prior + arm.units) - logGamma(prior) - arm.units * Math.log(share);
  }, 0);
  return perArm + logGamma(CONCENTRATION_UNITS) - logGamma(CONCENTRATION_UNITS + units);
}
