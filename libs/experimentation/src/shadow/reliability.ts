const BINS = 10;

export interface Prediction {
  /** [0, 1]. */
  readonly probability: number;
  readonly fraud: boolean;
}

export interface ReliabilityBin {
  /** Bounds of the probabilities in the bin; the lower one belongs to it. */
  readonly from: number;
  readonly to: number;
  readonly transactions: number;
  /** Means, NaN in an empty bin. */
  readonly predicted: number;
  readonly observed: number;
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** Mean distance of predicted and observed over bins, by transactions, [0, 1]. */
  readonly expectedCalibrationError: number;
  /** Mean squared distance of probability and truth, [0, 1]: lower is better. */
  readonly brier: number;
}

/**
 * How far probabilities are what they say. Bins are of equal width: with rare fraud most fall into
 * the first, and the few above are what thresholds depend on.
 *
 * @see Naeini, Cooper, Hauskrecht (2015) for the error; Brier (1950).
 */
export function reliabilityOf(predictions: readonly Prediction[]): Reliability {
  const sums = Array.from({ length: BINS }, () => ({ count: 0, predicted: 0, frauds: 0 }));
  let squares = 0;
  for (const { probability, fraud } of predictions) {
    const truth = fraud ? 1 : 0;
    squares += (probability - truth) ** 2;
    const bin = sums[Math.min(BINS - 1, Math.floor(probability * BINS))];
    if (bin === undefined) throw new Error(`${probability} is no probability`);
    bin.count += 1;
    bin.predicted += probability;
    bin.frauds += truth;
  }
  const total = predictions.length;
  return {
    bins: sums.map(({ count, predicted, frauds }, nth) => ({
      from: nth / BINS,
      to: (nth + 1) / BINS,
      transactions: count,
      predicted: predicted / count,
      observed: frauds / count,
    })),
    expectedCalibrationError:
      sums.reduce((sum, { predicted, frauds }) => sum + Math.abs(predicted - frauds), 0) / total,
    brier: squares / total,
  };
}
