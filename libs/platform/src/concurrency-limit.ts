export interface LimitOptions {
  readonly limitMin: number;
  readonly limitMax: number;
  /**
   * Latency above which a request counts as slow, ms. Above what a failed dependency costs, or its
   * failure would shed.
   */
  readonly slowMs: number;
}

/** What was seen since the limit was last looked at. */
export interface LimitWindow {
  readonly finished: number;
  readonly slow: number;
  readonly inFlightPeak: number;
  readonly loopOverloaded: boolean;
}

const SLOW_SHARE_MAX = 0.1;
const DECREASE = 0.8;
const LOOP_DECREASE = 0.5;
const INCREASE = 0.05;
const USED_SHARE = 0.8;

/**
 * The limit of requests in flight after one window: additive increase, multiplicative decrease on
 * measured latency, the rule of TCP (Chiu and Jain, 1989). It shrinks when more than a tenth of the
 * requests were slow or the event loop was late, and grows only when all was well and it was nearly
 * used up; a limit that is not tested teaches nothing.
 *
 * @returns A whole number in [limitMin, limitMax].
 */
export function nextLimit(limit: number, window: LimitWindow, options: LimitOptions): number {
  const bounded = (value: number): number =>
    Math.min(options.limitMax, Math.max(options.limitMin, value));
  if (window.loopOverloaded) {
    return bounded(Math.floor(limit * LOOP_DECREASE));
  }
  if (window.finished > 0 && window.slow / window.finished > SLOW_SHARE_MAX) {
    return bounded(Math.floor(limit * DECREASE));
  }
  if (window.inFlightPeak >= limit * USED_SHARE) {
    return bounded(limit + Math.max(1, Math.floor(limit * INCREASE)));
  }
  return bounded(limit);
}
