/** How far a served probability may be from the trained one: float32 sums in another order. */
const GOLDEN_DIFFERENCE_MAX = 1e-5;
const PROBLEMS_SHOWN_MAX = 5;

/** Whether a model's output is a probability. Anything else is a failure, never a score. */
export function isProbability(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= 1;
}

/**
 * Compares what a model answers with what it answered when it was trained; one sentence for each
 * difference.
 */
export function goldenProblems(expected: readonly number[], actual: Float32Array): string[] {
  const problems: string[] = [];
  expected.forEach((probability, row) => {
    const answer = actual[row];
    if (isProbability(answer) && Math.abs(answer - probability) <= GOLDEN_DIFFERENCE_MAX) return;
    problems.push(
      `golden row ${row}: the model answers ${answer}, golden.json says ${probability}`,
    );
  });
  if (problems.length <= PROBLEMS_SHOWN_MAX) return problems;
  const more = problems.length - PROBLEMS_SHOWN_MAX;
  return [...problems.slice(0, PROBLEMS_SHOWN_MAX), `and ${more} more golden rows differ`];
}
