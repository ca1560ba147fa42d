const CONFIDENCE = 0.95;

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (low + high) / 2;
}

/** Half the distance between the largest and the smallest value, as a share of the median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}

/**
 * Where the median of what the values are a sample of lies, with a confidence of at least 95 %,
 * whatever their distribution: between the k-th smallest and the k-th largest value (the sign
 * test). Null for fewer than six values, which tell too little.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] | null {
  const sorted = values.toSorted((a, b) => a - b);
  // By k: the chance that fewer than k of n values lie below the median.
  let below = 2 ** -sorted.length;
  let ways = below;
  let k = 0;
  while (2 * below <= 1 - CONFIDENCE) {
    k += 1;
    ways *= (sorted.length - k + 1) / k;
    below += ways;
  }
  const low = sorted[k - 1];
  const high = sorted[sorted.length - k];
  return low === undefined || high === undefined ? null : [low, high];
}
