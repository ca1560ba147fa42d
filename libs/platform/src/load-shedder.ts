import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';
import type { LoopLoad } from '#telemetry/loop-monitor.js';
import type { Metrics } from '#telemetry/metrics.js';
import { nextLimit, type LimitOptions } from './concurrency-limit.js';

const WINDOW_MS = 100;
const RETRY_AFTER_SECONDS = 1;

export interface LoadShedderOptions extends LimitOptions {
  readonly loopDelayMsMax: number;
  readonly loop: () => LoopLoad;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/**
 * Refuses requests early when answering them in time is no longer possible: a quick 503 costs the
 * caller less than a late answer, and keeps the ones admitted on time. `enter` and `leave` are a
 * few comparisons each.
 */
export class LoadShedder {
  private limitNow: number;
  private inFlightNow = 0;
  private finished = 0;
  private slow = 0;
  private inFlightPeak = 0;
  private windowEndsAtMs: number;
  private loopOverloaded = false;

  constructor(private readonly options: LoadShedderOptions) {
    this.limitNow = options.limitMax;
    this.windowEndsAtMs = options.clock.monotonicMs() + WINDOW_MS;
    options.metrics.watchConcurrency(
      () => this.inFlightNow,
      () => this.limitNow,
    );
  }

  get inFlight(): number {
    return this.inFlightNow;
  }

  get limit(): number {
    return this.limitNow;
  }

  /**
   * Admits a request or throws OVERLOADED. Every admitted request is given back by `leave`.
   *
   * @param receivedAtMs When the turn of the event loop began that read the request: one read late
   *   in a long turn would be answered too late.
   */
  enter(receivedAtMs: number): void {
    const nowMs = this.options.clock.monotonicMs();
    this.closeWindow(nowMs);
    const isLate = nowMs - receivedAtMs > this.options.loopDelayMsMax;
    if (isLate || this.inFlightNow >= this.limitNow) {
      this.options.metrics.shed(isLate || this.loopOverloaded ? 'event_loop' : 'concurrency');
      throw new AppError('OVERLOADED', {
        detail: 'Send the request again after the time in Retry-After, or decide without Tollgate.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    this.inFlightNow += 1;
    this.inFlightPeak = Math.max(this.inFlightPeak, this.inFlightNow);
  }

  leave(latencyMs: number): void {
    this.inFlightNow -= 1;
    this.finished += 1;
    if (latencyMs > this.options.slowMs) {
      this.slow += 1;
    }
  }

  private closeWindow(nowMs: number): void {
    if (nowMs < this.windowEndsAtMs) {
      return;
    }
    this.loopOverloaded = this.options.loop().delayP99Ms > this.options.loopDelayMsMax;
    this.limitNow = nextLimit(
      this.limitNow,
      {
        finished: this.finished,
        slow: this.slow,
        inFlightPeak: this.inFlightPeak,
        loopOverloaded: this.loopOverloaded,
      },
      this.options,
    );
    this.finished = 0;
    this.slow = 0;
    this.inFlightPeak = this.inFlightNow;
    this.windowEndsAtMs = nowMs + WINDOW_MS;
  }
}
