interface Step {
  /** Fraud and honest payments ranked at or above this step. */
  readonly fraud: number;
  readonly honest: number;
}

/**
 * Average precision: the sum over thresholds of precision times the gain in recall; payments of
 * equal rank enter together.
 *
 * @returns In [0, 1]; NaN without any fraud.
 */
export function averagePrecision(ranks: readonly number[], isFraud: readonly boolean[]): number {
  const steps = stepsOf(ranks, isFraud);
  const frauds = steps.at(-1)?.fraud ?? 0;
  let sum = 0;
  let before = 0;
  for (const { fraud, honest } of steps) {
    sum += (fraud / (fraud + honest)) * (fraud - before);
    before = fraud;
  }
  return sum / frauds;
}

/**
 * The largest share of fraud that a threshold catches while it stops at most this share of honest
 * payments.
 */
export function recallAtFalsePositiveRate(
  ranks: readonly number[],
  isFraud: readonly boolean[],
  rate: number,
): number {
  const steps = stepsOf(ranks, isFraud);
  const last = steps.at(-1) ?? { fraud: 0, honest: 0 };
  const allowed = steps.findLast(({ honest }) => honest <= rate * last.honest);
  return (allowed?.fraud ?? 0) / last.fraud;
}

function stepsOf(ranks: readonly number[], isFraud: readonly boolean[]): readonly Step[] {
  const order = Uint32Array.from(ranks, (_, index) => index);
  order.sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0));
  const steps: Step[] = [];
  let fraud = 0;
  let honest = 0;
  order.forEach((index, position) => {
    if (isFraud[index] === true) fraud += 1;
    else honest += 1;
    const next = order[position + 1];
    if (next === undefined || ranks[next] !== ranks[index]) steps.push({ fraud, honest });
  });
  return steps;
}
