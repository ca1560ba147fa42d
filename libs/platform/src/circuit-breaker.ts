export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** How long it stays open before one call is let through to probe, ms. */
  readonly openMs: number;
}

/**
 * Stops calling a dependency that fails, so that its timeout is not spent on every request. Closed:
 * calls go through. Open: none do. Half open: one probe does; its success closes the breaker, its
 * failure opens it again. A probe that never reports is given up after `openMs`. Times are
 * monotonic ms, handed in.
 *
 * @see Nygard (2018), Release It!, second edition, "Circuit Breaker".
 */
export class CircuitBreaker {
  private failures = 0;
  private probeAllowedAtMs = 0;
  private current: BreakerState = 'closed';

  constructor(private readonly options: BreakerOptions) {}

  get state(): BreakerState {
    return this.current;
  }

  /**
   * Whether a call may be made now. A caller that got `true` reports back by `succeeded` or
   * `failed`.
   */
  allows(nowMs: number): boolean {
    if (this.current === 'closed') {
      return true;
    }
    if (nowMs < this.probeAllowedAtMs) {
      return false;
    }
    this.current = 'half_open';
    this.probeAllowedAtMs = nowMs + this.options.openMs;
    return true;
  }

  succeeded(): void {
    // While open, a success is of a call made before it opened: it says nothing about now.
    if (this.current !== 'open') {
      this.current = 'closed';
      this.failures = 0;
    }
  }

  failed(nowMs: number): void {
    this.failures += 1;
    if (
      this.current === 'half_open' ||
      (this.current === 'closed' && this.failures >= this.options.failuresMax)
    ) {
      this.current = 'open';
      this.probeAllowedAtMs = nowMs + this.options.openMs;
    }
  }
}
