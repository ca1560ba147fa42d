import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimiter, TokenBucket } from './rate-limit.js';

test('in any second at most twice the rate is let through, and in the long run the rate', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 300 }),
      (rate, gaps) => {
        const bucket = new TokenBucket(rate, 0);
        const taken: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          if (bucket.take(nowMs).allowed) taken.push(nowMs);
        }
        for (const start of taken) {
          const inSecond = taken.filter((at) => at >= start && at < start + 1000).length;
          expect(inSecond).toBeLessThanOrEqual(2 * rate);
        }
        expect(taken.length).toBeLessThanOrEqual(rate + (rate * nowMs) / 1000 + 1e-6);
      },
    ),
  );
});

test('a spent bucket says when the next request is allowed, and keeps that promise', () => {
  const bucket = new TokenBucket(2, 0);
  expect([bucket.take(0), bucket.take(0)].map((state) => state.remaining)).toEqual([1, 0]);
  expect(bucket.take(0)).toEqual({ allowed: false, limit: 2, remaining: 0, retryAfterSeconds: 1 });
  expect(bucket.take(499).allowed).toBe(false);
  expect(bucket.take(500).allowed).toBe(true);
});

test('a clock that steps back gives nothing for free', () => {
  const bucket = new TokenBucket(1, 1000);
  bucket.take(1000);
  expect(bucket.take(0).allowed).toBe(false);
  expect(bucket.take(1999).allowed).toBe(false);
  expect(bucket.take(2000).allowed).toBe(true);
});

test('keys have buckets of their own; the rate of a key goes before the default', () => {
  const limiter = new RateLimiter(1);
  const own = { id: 'a', ratePerSecond: 2 };
  const other = { id: 'b', ratePerSecond: null };
  expect([own, own, own, other, other].map((key) => limiter.take(key, 0)?.allowed)).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
  expect(new RateLimiter(null).take(other, 0)).toBeNull();
});

test('a changed rate takes effect at once', () => {
  const limiter = new RateLimiter(null);
  limiter.take({ id: 'a', ratePerSecond: 1 }, 0);
  expect(limiter.take({ id: 'a', ratePerSecond: 1 }, 0)?.allowed).toBe(false);
  expect(limiter.take({ id: 'a', ratePerSecond: 5 }, 0)?.allowed).toBe(true);
});
