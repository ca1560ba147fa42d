/** What is wrong with an expression, where, and what probably mends it. */
export interface ExpressionProblem {
  readonly message: string;
  /** 0-based offset in the source. */
  readonly position: number;
  readonly hint?: string;
}

/**
 * Stops a check; only this library's own code throws it, and `compile.ts` turns it into a value.
 */
export class ExpressionRefused extends Error {
  readonly problem: ExpressionProblem;

  constructor(message: string, position: number, hint?: string) {
    super(message);
    this.problem = hint === undefined ? { message, position } : { message, position, hint };
  }
}

const SUGGESTION_DISTANCE_MAX = 3;

/**
 * The candidate nearest to what was written, or undefined when none is near enough to be a slip of
 * the pen.
 */
export function nearestName(written: string, candidates: Iterable<string>): string | undefined {
  const allowed = Math.min(SUGGESTION_DISTANCE_MAX, Math.max(1, Math.floor(written.length / 3)));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= bestDistance) continue;
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** "; did you mean x?", or nothing. */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  const nearest = nearestName(written, candidates);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/**
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each
 * counted once.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1);
      }
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
