import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';
import type { Metrics } from '#telemetry/metrics.js';
import type { Scope } from './api-key-file.js';
import type { ApiKey, ApiKeyRing } from './api-key-ring.js';
import type { RateLimiter, RateState } from './rate-limit.js';

export interface AdmissionParts {
  readonly keys: ApiKeyRing;
  readonly rates: RateLimiter;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Who may come in: the key, its scope and its rate. Plain calls, cheap enough for the decision route. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /** Authenticates and counts against the key's rate; throws what the caller is told otherwise. */
  admit(request: FastifyRequest, reply: FastifyReply, scope: Scope): ApiKey {
    const key = this.parts.keys.authenticate(request.headers, scope);
    request.apiKey = key;
    const state = this.parts.rates.take(key, this.parts.clock.monotonicMs());
    if (state !== null) {
      setRateHeaders(reply, state);
      if (!state.allowed) {
        this.parts.metrics.rateLimited.inc();
        throw new AppError('RATE_LIMITED', {
          detail: `This key may send ${state.limit} requests per second.`,
          retryAfterSeconds: state.retryAfterSeconds,
        });
      }
    }
    return key;
  }
}

function setRateHeaders(reply: FastifyReply, state: RateState): void {
  void reply
    .header('ratelimit-policy', `"key";q=${state.limit};w=1`)
    .header(
      'ratelimit',
      `"key";r=${state.remaining};t=${state.allowed ? 1 : state.retryAfterSeconds}`,
    );
}
