import type { UnitSums } from './unit-sums.js';

/** Sums over units of a metric, and of the same metric of the same units before the start. */
export interface SumsWithHistory extends Omit<UnitSums, 'covariate' | 'units'> {
  /** Null where the unit has no history that could be read. */
  readonly history: HistoryTotals | null;
}

/** n and d: the metric's numerator and denominator of a unit before the start; 0 for a new unit. */
export interface HistoryTotals {
  readonly n: number;
  readonly d: number;
  readonly nn: number;
  readonly dd: number;
  readonly nd: number;
  readonly numeratorN: number;
  readonly numeratorD: number;
  readonly denominatorN: number;
  readonly denominatorD: number;
}

/**
 * Makes each unit's history its covariate: x = n - R d, R being the ratio of all arms together
 * before the start. It is the ratio metric linearised as `ratioMoments` does it, so it explains of
 * the metric what a unit's past can; a new unit has 0, which is the mean. R is the same for every
 * arm, and the sums of x are sums of sums.
 *
 * @param arms One metric of every arm, in the order of the result.
 * @see Deng, Xu, Kohavi, Walker (2013), section 3.3; Deng, Knoblich, Lu (2018).
 */
export function withHistory(
  arms: readonly (SumsWithHistory & { readonly units: number })[],
): UnitSums[] {
  const before = arms.map(({ history }) => history);
  const n = before.reduce((sum, history) => sum + (history?.n ?? 0), 0);
  const d = before.reduce((sum, history) => sum + (history?.d ?? 0), 0);
  const isKnown = d !== 0 && arms.every(({ units, history }) => units === 0 || history !== null);
  return arms.map(({ history, ...sums }) => ({
    ...sums,
    covariate: isKnown && history !== null ? covariateOf(history, n / d) : null,
  }));
}

function covariateOf(history: HistoryTotals, ratio: number): NonNullable<UnitSums['covariate']> {
  const { n, d, nn, nd, dd } = history;
  return {
    sum: n - ratio * d,
    squares: nn - 2 * ratio * nd + ratio * ratio * dd,
    numeratorProducts: history.numeratorN - ratio * history.numeratorD,
    denominatorProducts: history.denominatorN - ratio * history.denominatorD,
  };
}
