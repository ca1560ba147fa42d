import { normalQuantile } from '../statistics/distributions.js';

/** A would-be decline that the exploration holdout let through, with what came of it. */
export interface ExploredPayment {
  /** With which probability it was let through, (0, 1], as its record says. */
  readonly propensity: number;
  readonly amountMinor: number;
  /** Whether it turned out fraudulent; only payments old enough for their labels belong here. */
  readonly fraud: boolean;
}

export interface Estimate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface BlockedSegmentEstimate {
  /**
   * Horvitz-Thompson: unbiased, and as noisy as the number of payments let through; the interval
   * is of the normal approximation, its ends at 0 and above.
   */
  readonly horvitzThompson: {
    readonly fraudRate: Estimate;
    /** Fraud that the declines held off, in minor units. */
    readonly fraudMinor: Estimate;
    /** Honest value that the declines turned away, in minor units. */
    readonly honestMinor: Estimate;
  };
  /**
   * Hajek: weights divided by their sum. Slightly biased for small samples and much less noisy: the
   * one to read. The rate's interval is Wilson's at the effective sample size, so that it says
   * something when no fraud was seen.
   */
  readonly hajek: {
    readonly fraudRate: Estimate;
    /** The fraudulent share of the value, [0, 1]; the interval errs on the wide side. */
    readonly fraudValueShare: Estimate;
  };
  /** Payments of equal weight that would say as much as those let through (Kish). */
  readonly effectivePayments: number;
}

/**
 * What a blocked segment would have done, from the few payments of it that were let through, each
 * counted as many times as its propensity is rare. It speaks of the segment as it was: randomness
 * is that of the exploration alone. What no policy could let through is not in it.
 *
 * @param blockedPayments All of the segment that could have been let through: propensity above 0.
 * @param alpha Level of the intervals, in (0, 1).
 * @returns Null when nothing was let through.
 * @see Horvitz and Thompson (1952); Hajek (1971); Sarndal, Swensson, Wretman (1992), "Model
 * assisted survey sampling", for the variances under Poisson sampling; Kish (1965) for the
 * effective size.
 */
export function estimateBlocked(
  explored: readonly ExploredPayment[],
  blockedPayments: number,
  alpha: number,
): BlockedSegmentEstimate | null {
  if (explored.length === 0) return null;
  const z = -normalQuantile(alpha / 2);
  const fraudMinor = (one: ExploredPayment): number => (one.fraud ? one.amountMinor : 0);
  const honestMinor = (one: ExploredPayment): number => (one.fraud ? 0 : one.amountMinor);
  const fraudCount = (one: ExploredPayment): number => (one.fraud ? 1 : 0);
  const effectivePayments = effectiveSize(explored);
  const rate = sumWeighted(explored, fraudCount) / sumWeighted(explored, () => 1);
  return {
    horvitzThompson: {
      fraudRate: scale(total(explored, fraudCount, z), 1 / blockedPayments),
      fraudMinor: total(explored, fraudMinor, z),
      honestMinor: total(explored, honestMinor, z),
    },
    hajek: {
      fraudRate: wilson(rate, effectivePayments, z),
      fraudValueShare: ratio(explored, fraudMinor, z),
    },
    effectivePayments,
  };
}

type Value = (payment: ExploredPayment) => number;

function total(explored: readonly ExploredPayment[], value: Value, z: number): Estimate {
  const estimate = sumWeighted(explored, value);
  const variance = samplingVariance(explored, value);
  const reach = z * Math.sqrt(variance);
  return { estimate, low: Math.max(0, estimate - reach), high: estimate + reach };
}

/**
 * The share of the amount that `value` makes up: Wilson's interval at the number of equal payments
 * that would leave as much uncertainty. Amounts are skewed and frauds few, so the symmetric
 * interval of the linearised variance is too short, and empty when no fraud was seen.
 *
 * @see Korn and Graubard (1998); Dean and Pagano (2015), "Evaluating confidence interval methods
 * for binomial proportions in clustered surveys".
 */
function ratio(explored: readonly ExploredPayment[], value: Value, z: number): Estimate {
  const amount = sumWeighted(explored, (one) => one.amountMinor);
  if (amount === 0) return { estimate: Number.NaN, low: 0, high: 1 };
  const estimate = sumWeighted(explored, value) / amount;
  const residual: Value = (one) => value(one) - estimate * one.amountMinor;
  const bySpread = (estimate * (1 - estimate) * amount ** 2) / samplingVariance(explored, residual);
  const byAmounts = amount ** 2 / samplingVariance(explored, (one) => one.amountMinor);
  // Without any fraud, or with nothing else, the spread is none over none.
  const size = Number.isNaN(bySpread) ? byAmounts : Math.min(bySpread, byAmounts);
  if (size === Number.POSITIVE_INFINITY) return { estimate, low: estimate, high: estimate };
  return wilson(estimate, size, z);
}

function wilson(rate: number, size: number, z: number): Estimate {
  const middle = (rate + (z * z) / (2 * size)) / (1 + (z * z) / size);
  const spread = Math.sqrt((rate * (1 - rate)) / size + (z * z) / (4 * size * size));
  const reach = (z * spread) / (1 + (z * z) / size);
  return {
    estimate: rate,
    low: Math.max(0, middle - reach),
    high: Math.min(1, middle + reach),
  };
}

function sumWeighted(explored: readonly ExploredPayment[], value: Value): number {
  return explored.reduce((sum, one) => sum + value(one) / one.propensity, 0);
}

function samplingVariance(explored: readonly ExploredPayment[], value: Value): number {
  return explored.reduce(
    (sum, one) => sum + (1 - one.propensity) * (value(one) / one.propensity) ** 2,
    0,
  );
}

function effectiveSize(explored: readonly ExploredPayment[]): number {
  const sum = sumWeighted(explored, () => 1);
  const squares = sumWeighted(explored, (one) => 1 / one.propensity);
  return (sum * sum) / squares;
}

function scale({ estimate, low, high }: Estimate, by: number): Estimate {
  return { estimate: estimate * by, low: low * by, high: high * by };
}
