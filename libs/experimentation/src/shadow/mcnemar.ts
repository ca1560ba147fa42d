import { fairCoinCdf, fairCoinPmf } from '../statistics/distributions.js';

export interface McNemar {
  /** Two-sided, exact: never more false alarms than its level, often far fewer. */
  readonly exact: number;
  /** Two-sided, mid-p: about as many false alarms as its level; the one to read. */
  readonly midP: number;
}

/**
 * Whether of two models on the same transactions one is right more often: only the transactions on
 * which exactly one is right tell, and without a difference each is a fair coin. By the incomplete
 * beta function exact at any count, so no approximation is needed for large ones.
 *
 * @param championOnly Transactions that only the champion got right.
 * @param challengerOnly Transactions that only the challenger got right.
 * @see McNemar (1947); Fagerland, Lydersen, Laake (2013), "The McNemar test for binary
 * matched-pairs data: mid-p and asymptotic are better than exact conditional".
 */
export function mcNemar(championOnly: number, challengerOnly: number): McNemar {
  const trials = championOnly + challengerOnly;
  const fewer = Math.min(championOnly, challengerOnly);
  const tail = 2 * fairCoinCdf(fewer, trials);
  return {
    exact: Math.min(1, tail),
    midP: Math.min(1, tail - fairCoinPmf(fewer, trials)),
  };
}
