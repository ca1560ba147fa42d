import { AMOUNT_UNITS_PER_MAJOR } from './money.js';
import type { Aggregate } from './catalogue-types.js';

/**
 * Totals per window, shortest window first, the current transaction not counted; rings and tiles
 * both fill it.
 */
export interface WindowTotals {
  readonly counts: Float64Array;
  readonly amountCounts: Float64Array;
  /** Amounts are in thousandths of a major unit. */
  readonly sums: Float64Array;
  /**
   * Of (amount - shift): around a value near the mean, so that the variance does not cancel out.
   */
  readonly squares: Float64Array;
  readonly shift: number;
  readonly minima: Float64Array;
  readonly maxima: Float64Array;
  readonly declines: Float64Array;
  readonly frauds: Float64Array;
  readonly lastAgeMs: number;
  distinctOf(signal: string, window: number, withCurrent: boolean): number;
}

/** How one feature is read from totals. */
export interface FeatureReading {
  readonly aggregate: Aggregate;
  readonly of: string | null;
  readonly window: number;
  readonly windowMs: number;
  /**
   * Whether the current transaction counts: never in a delayed window, which has ended before it.
   */
  readonly withCurrent: boolean;
}

/**
 * One feature's value, with the current transaction added where the feature includes it.
 *
 * @param currentUnits  The transaction's own amount in thousandths; NaN = unknown.
 * @returns NaN where there is no value: no events to take a mean of, no amount to compare.
 */
export function readTotals(
  totals: WindowTotals,
  feature: FeatureReading,
  currentUnits: number,
): number {
  const { window, withCurrent } = feature;
  const count = totals.counts[window]!;
  switch (feature.aggregate) {
    case 'count':
      return count + (withCurrent ? 1 : 0);
    case 'distinct':
      return totals.distinctOf(feature.of!, window, withCurrent);
    case 'time_since_last':
      return totals.lastAgeMs < feature.windowMs ? totals.lastAgeMs / 1_000 : Number.NaN;
    case 'decline_count':
      return totals.declines[window]!;
    case 'decline_share':
      return count > 0 ? totals.declines[window]! / count : Number.NaN;
    case 'fraud_count':
      return totals.frauds[window]!;
    case 'fraud_share':
      return count > 0 ? totals.frauds[window]! / count : Number.NaN;
    case 'sum':
    case 'mean':
    case 'stddev':
    case 'min':
    case 'max':
    case 'ratio_to_mean':
      return readAmounts(totals, feature.aggregate, { feature, currentUnits });
    case 'truncated':
      throw new Error('truncation is read from the ring, not from totals');
  }
}

type AmountAggregate = 'sum' | 'mean' | 'stddev' | 'min' | 'max' | 'ratio_to_mean';

interface AmountInput {
  readonly feature: FeatureReading;
  readonly currentUnits: number;
}

function readAmounts(
  totals: WindowTotals,
  aggregate: AmountAggregate,
  { feature, currentUnits }: AmountInput,
): number {
  const { window } = feature;
  const adds = feature.withCurrent && !Number.isNaN(currentUnits);
  const count = totals.amountCounts[window]! + (adds ? 1 : 0);
  const sum = totals.sums[window]! + (adds ? currentUnits : 0);
  if (aggregate === 'sum') return sum / AMOUNT_UNITS_PER_MAJOR;
  if (count === 0) return Number.NaN;
  switch (aggregate) {
    case 'mean':
      return sum / count / AMOUNT_UNITS_PER_MAJOR;
    case 'ratio_to_mean':
      return sum > 0 ? currentUnits / (sum / count) : Number.NaN;
    case 'min': {
      const least = totals.minima[window]!;
      return (adds ? Math.min(least, currentUnits) : least) / AMOUNT_UNITS_PER_MAJOR;
    }
    case 'max': {
      const most = totals.maxima[window]!;
      return (adds ? Math.max(most, currentUnits) : most) / AMOUNT_UNITS_PER_MAJOR;
    }
    case 'stddev':
      return deviation(totals, { window, adds, count, sum, currentUnits });
  }
}

interface DeviationInput {
  readonly window: number;
  readonly adds: boolean;
  readonly count: number;
  readonly sum: number;
  readonly currentUnits: number;
}

/** Population standard deviation from sums around a shift (Chan, Golub and LeVeque, 1983). */
function deviation(totals: WindowTotals, input: DeviationInput): number {
  const own = input.adds ? input.currentUnits - totals.shift : 0;
  const squares = totals.squares[input.window]! + own * own;
  const mean = input.sum / input.count - totals.shift;
  const variance = Math.max(0, squares / input.count - mean * mean);
  return Math.sqrt(variance) / AMOUNT_UNITS_PER_MAJOR;
}
