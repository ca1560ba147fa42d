/**
 * Draws an index with the given odds in constant time: Walker's alias method, tables built as by
 * Vose (1991), "A linear algorithm for generating random numbers with a given distribution".
 */
export class WeightedChoice {
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  /** @param weights Finite, not negative, at least one above zero. */
  constructor(weights: ArrayLike<number>) {
    const size = weights.length;
    let total = 0;
    for (let index = 0; index < size; index += 1) total += weights[index] ?? 0;
    if (!(total > 0)) throw new RangeError('a weighted choice needs a positive weight');
    this.threshold = new Float64Array(size).fill(1);
    this.alias = new Int32Array(size);
    const scaled = Float64Array.from(weights, (weight) => (weight * size) / total);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((weight, index) => (weight < 1 ? small : large).push(index));
    for (;;) {
      const less = small.pop();
      const more = large.at(-1);
      if (less === undefined || more === undefined) break;
      this.threshold[less] = scaled[less] ?? 1;
      this.alias[less] = more;
      scaled[more] = (scaled[more] ?? 0) + (scaled[less] ?? 0) - 1;
      if ((scaled[more] ?? 0) < 1) {
        large.pop();
        small.push(more);
      }
    }
  }

  /** @param unit Uniform in [0, 1): its leading part picks a column, the rest decides within it. */
  at(unit: number): number {
    const scaled = unit * this.threshold.length;
    const column = Math.floor(scaled);
    return scaled - column < (this.threshold[column] ?? 1)
      ? column
      : (this.alias[column] ?? column);
  }
}

/** Zipf's law: the item of rank r (from 1) has weight r^-exponent. */
export function zipfWeight(rank: number, exponent: number): number {
  return rank ** -exponent;
}
