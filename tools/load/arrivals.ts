import type { Stage } from './scenario.js';

const MS_PER_SECOND = 1_000;

/**
 * When each request is due, in ms from the start, ascending. In a stage of length T whose rate goes
 * evenly from a to b, request n is due at the x where a·x + (b − a)·x²/2T = n: the area under the
 * rate is the count.
 */
export function* arrivalTimes(stages: readonly Stage[]): Generator<number> {
  let startSeconds = 0;
  // What the stage before left of its last, unfinished interval: arrivals stay evenly spaced across
  // a border.
  let carried = 0;
  for (const stage of stages) {
    const total = ((stage.fromRate + stage.toRate) / 2) * stage.seconds + carried;
    const last = Math.floor(total + ROUNDING);
    for (let count = 1; count <= last; count += 1) {
      yield (startSeconds + timeOfCount(stage, count - carried)) * MS_PER_SECOND;
    }
    carried = Math.max(0, total - last);
    startSeconds += stage.seconds;
  }
}

/** Sums of rates times seconds are not exact: 0.1 · 30 must count as 3. */
const ROUNDING = 1e-9;

function timeOfCount({ seconds, fromRate, toRate }: Stage, count: number): number {
  const slope = (toRate - fromRate) / seconds;
  if (Math.abs(slope) < ROUNDING) return count / fromRate;
  // The stable form of the root: no difference of nearly equal numbers. Rounding may pass the end
  // of a stage.
  const discriminant = Math.max(0, fromRate * fromRate + 2 * slope * count);
  return Math.min(seconds, (2 * count) / (fromRate + Math.sqrt(discriminant)));
}
