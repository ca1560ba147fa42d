/** One transaction, scored by both models, with its label known. */
export interface ScoredPair {
  readonly champion: number;
  readonly challenger: number;
  readonly fraud: boolean;
}

export interface PrecisionComparison {
  readonly champion: number;
  readonly challenger: number;
  /** Challenger minus champion. */
  readonly difference: number;
  /** Percentile interval of the difference. */
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Uniform in [0, 1), seeded by the caller. */
  readonly random: () => number;
  /** 1,000 give the ends of a 95 % interval to about a tenth of its width. */
  readonly resamples: number;
  readonly alpha: number;
}

/** Transactions by descending score of one model; ties share a group. */
interface Ranking {
  readonly order: Uint32Array;
  /** Where in the order a new score begins. */
  readonly starts: readonly number[];
}

/** A bootstrap that is drawn bit by bit, so that a long one need not hold up all else. */
export interface PrecisionBootstrap {
  /** Draws so many more resamples. */
  draw(resamples: number): void;
  /** After at least one draw. */
  result(alpha: number): PrecisionComparison;
}

/**
 * Average precision of both models on the same transactions, and the bootstrap interval of their
 * difference. Each resample is the same for both: what makes one month hard makes it hard for both,
 * and drops out of the difference.
 *
 * @param random Uniform in [0, 1), seeded by the caller.
 * @returns Null without any fraud, or without a transaction that is not.
 * @see Efron and Tibshirani (1993), chapter 13.
 */
export function bootstrapPrecision(
  pairs: readonly ScoredPair[],
  random: () => number,
): PrecisionBootstrap | null {
  const fraud = Uint8Array.from(pairs, (pair) => (pair.fraud ? 1 : 0));
  if (!fraud.includes(1) || !fraud.includes(0)) return null;
  const before = rank(pairs.map((pair) => pair.champion));
  const after = rank(pairs.map((pair) => pair.challenger));
  const differences: number[] = [];
  const weights = new Uint32Array(pairs.length);
  return {
    draw(resamples) {
      for (let nth = 0; nth < resamples; nth += 1) {
        resample(weights, random);
        const base = averagePrecision(before, fraud, weights);
        // A resample without fraud has no precision to average.
        if (!Number.isNaN(base)) differences.push(averagePrecision(after, fraud, weights) - base);
      }
    },
    result(alpha) {
      weights.fill(1);
      const champion = averagePrecision(before, fraud, weights);
      const challenger = averagePrecision(after, fraud, weights);
      const ascending = differences.toSorted((a, b) => a - b);
      return {
        champion,
        challenger,
        difference: challenger - champion,
        low: quantile(ascending, alpha / 2),
        high: quantile(ascending, 1 - alpha / 2),
      };
    },
  };
}

/** The whole bootstrap at once. */
export function compareAveragePrecision(
  pairs: readonly ScoredPair[],
  { random, resamples, alpha }: BootstrapOptions,
): PrecisionComparison | null {
  const bootstrap = bootstrapPrecision(pairs, random);
  bootstrap?.draw(resamples);
  return bootstrap?.result(alpha) ?? null;
}

/**
 * The mean, over frauds, of the precision down to their score; ties count together, so that the
 * order of equal scores does not matter. Each transaction counts `weights` times.
 */
function averagePrecision(ranking: Ranking, fraud: Uint8Array, weights: Uint32Array): number {
  const { order, starts } = ranking;
  let seen = 0;
  let frauds = 0;
  let sum = 0;
  for (const [group, start] of starts.entries()) {
    let fraudsHere = 0;
    for (let at = start; at < (starts[group + 1] ?? order.length); at += 1) {
      const index = order[at] as number;
      const weight = weights[index] as number;
      seen += weight;
      fraudsHere += weight * (fraud[index] as number);
    }
    frauds += fraudsHere;
    if (fraudsHere > 0) sum += (fraudsHere * frauds) / seen;
  }
  return sum / frauds;
}

function rank(scores: readonly number[]): Ranking {
  const order = Uint32Array.from(scores.keys());
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const starts: number[] = [];
  for (const [at, index] of order.entries()) {
    if (at === 0 || scores[index] !== scores[order[at - 1] as number]) starts.push(at);
  }
  return { order, starts };
}

function resample(weights: Uint32Array, random: () => number): void {
  weights.fill(0);
  for (let nth = 0; nth < weights.length; nth += 1) {
    const chosen = Math.floor(random() * weights.length);
    weights[chosen] = (weights[chosen] as number) + 1;
  }
}

/** By linear interpolation between the order statistics; NaN of nothing. */
function quantile(ascending: readonly number[], share: number): number {
  const place = share * (ascending.length - 1);
  const low = ascending[Math.floor(place)] ?? Number.NaN;
  const high = ascending[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
