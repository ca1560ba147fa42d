const DISTANCE_MAX = 3;

/**
 * The name that was probably meant, for "did you mean": the closest within three edits, else null.
 */
export function closestName(wanted: string, names: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.min(DISTANCE_MAX, Math.floor(wanted.length / 2)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance by one row (Wagner and Fischer, 1974). */
function editDistance(left: string, right: string): number {
  const row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    let diagonal = row[0]!;
    row[0] = i;
    for (let j = 1; j <= right.length; j += 1) {
      const substitute = diagonal + (left[i - 1] === right[j - 1] ? 0 : 1);
      diagonal = row[j]!;
      row[j] = Math.min(substitute, diagonal + 1, row[j - 1]! + 1);
    }
  }
  return row[right.length]!;
}
