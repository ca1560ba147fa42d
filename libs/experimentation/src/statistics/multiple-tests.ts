/**
 * P-values corrected so that any false alarm among all of them is at most as likely as the level
 * they are held against, however they depend on one another. In the order given.
 *
 * @see Holm (1979), "A simple sequentially rejective multiple test procedure".
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: pValues.length }).fill(1);
  let floor = 0;
  for (const [rank, index] of ascending(pValues).entries()) {
    floor = Math.max(floor, (pValues[index] ?? 1) * (pValues.length - rank));
    adjusted[index] = Math.min(1, floor);
  }
  return adjusted;
}

/**
 * P-values corrected so that of those under the level at most that share is expected to be false:
 * for reading many secondary metrics, not for deciding. In the order given.
 *
 * @see Benjamini and Hochberg (1995), "Controlling the false discovery rate".
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: pValues.length }).fill(1);
  let ceiling = 1;
  for (const [fromTop, index] of ascending(pValues).toReversed().entries()) {
    const rank = pValues.length - fromTop;
    ceiling = Math.min(ceiling, ((pValues[index] ?? 1) * pValues.length) / rank);
    adjusted[index] = ceiling;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): number[] {
  return [...pValues.keys()].toSorted((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
}
