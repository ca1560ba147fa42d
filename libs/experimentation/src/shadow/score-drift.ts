/** Added to every bin's count, so that an empty bin is a large shift and not an infinite one. */
const SMOOTHING = 0.5;
const SERIES_TERMS_MAX = 100;
const SERIES_PRECISION = 1e-16;

/**
 * Counts scores into the bins between ascending edges: below the first, between each two, from the
 * last on.
 */
export function countIntoBins(scores: Iterable<number>, edges: readonly number[]): number[] {
  const counts = Array.from<number>({ length: edges.length + 1 }).fill(0);
  for (const score of scores) {
    const next = edges.findIndex((edge) => score < edge);
    const bin = next === -1 ? edges.length : next;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/**
 * The population stability index between two sets of counts over the same bins: the symmetric
 * Kullback-Leibler divergence. Below 0.1 is usually called stable, above 0.25 shifted.
 *
 * @returns 0 or more; NaN when either set is empty or the bins differ.
 */
export function populationStability(before: readonly number[], now: readonly number[]): number {
  const shares = [before, now].map(smoothedShares);
  const [a, b] = shares;
  if (a === undefined || b === undefined || a.length !== b.length) return Number.NaN;
  return a.reduce((sum, share, bin) => {
    const other = b[bin] ?? Number.NaN;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
}

export interface KolmogorovSmirnov {
  /** The largest distance of the two cumulative distributions, [0, 1]. */
  readonly distance: number;
  /** Asymptotic: good from some tens of scores on each side. */
  readonly pValue: number;
}

/**
 * Whether two sets of scores come from one distribution.
 *
 * @returns NaN distance and a p-value of 1 when a set is empty.
 * @see Smirnov (1948); Stephens (1970) for the correction for small samples.
 */
export function kolmogorovSmirnov(
  before: readonly number[],
  now: readonly number[],
): KolmogorovSmirnov {
  if (before.length === 0 || now.length === 0) return { distance: Number.NaN, pValue: 1 };
  const a = Float64Array.from(before).sort();
  const b = Float64Array.from(now).sort();
  let distance = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= at) i += 1;
    while (j < b.length && (b[j] as number) <= at) j += 1;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return { distance, pValue: kolmogorovUpper((size + 0.12 + 0.11 / size) * distance) };
}

/** The Kolmogorov distribution's share above x. */
function kolmogorovUpper(x: number): number {
  // Below, the alternating series does not converge, and the share is 1 to fifteen digits.
  if (x < 0.2) return 1;
  let sum = 0;
  for (let nth = 1; nth <= SERIES_TERMS_MAX; nth += 1) {
    const term = Math.exp(-2 * nth * nth * x * x);
    sum += nth % 2 === 1 ? term : -term;
    if (term < SERIES_PRECISION) break;
  }
  return Math.min(1, 2 * sum);
}

function smoothedShares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => Number.NaN);
  const whole = total + SMOOTHING * counts.length;
  return counts.map((count) => (count + SMOOTHING) / whole);
}
