const MS_PER_SECOND = 1000;

/** What the RateLimit headers say (IETF draft-ietf-httpapi-ratelimit-headers). */
export interface RateState {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until one more request is allowed, at least 1 where `allowed` is false. */
  readonly retryAfterSeconds: number;
}

/**
 * A token bucket: it holds one second's worth of requests, so a caller may burst to its rate and no
 * further. Times are monotonic ms.
 */
export class TokenBucket {
  private tokens: number;
  private filledAtMs: number;

  constructor(
    readonly ratePerSecond: number,
    nowMs: number,
  ) {
    this.tokens = ratePerSecond;
    this.filledAtMs = nowMs;
  }

  /** Takes a token where there is one. */
  take(nowMs: number): RateState {
    const elapsedMs = Math.max(0, nowMs - this.filledAtMs);
    this.filledAtMs = Math.max(this.filledAtMs, nowMs);
    const gained = (elapsedMs * this.ratePerSecond) / MS_PER_SECOND;
    this.tokens = Math.min(this.ratePerSecond, this.tokens + gained);
    const allowed = this.tokens >= 1;
    if (allowed) {
      this.tokens -= 1;
    }
    return {
      allowed,
      limit: this.ratePerSecond,
      remaining: Math.floor(this.tokens),
      retryAfterSeconds: allowed
        ? 0
        : Math.max(1, Math.ceil((1 - this.tokens) / this.ratePerSecond)),
    };
  }
}

/** One bucket per API key, kept while the key's rate stays the same. */
export class RateLimiter {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly defaultRatePerSecond: number | null) {}

  /**
   * Null where the key has no limit. Keys come from a bounded file, so the buckets are bounded too.
   */
  take(
    key: { readonly id: string; readonly ratePerSecond: number | null },
    nowMs: number,
  ): RateState | null {
    const rate = key.ratePerSecond ?? this.defaultRatePerSecond;
    if (rate === null) {
      return null;
    }
    let bucket = this.buckets.get(key.id);
    if (bucket === undefined || bucket.ratePerSecond !== rate) {
      bucket = new TokenBucket(rate, nowMs);
      this.buckets.set(key.id, bucket);
    }
    return bucket.take(nowMs);
  }
}
