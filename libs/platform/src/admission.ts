import { isUtf8 } from 'node:buffer';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';
import type { Metrics } from '#telemetry/metrics.js';
import type { Scope } from './api-key-file.js';
import type { ApiKey, ApiKeyRing } from './api-key-ring.js';
import { refuseCardNumbers } from './card-number-guard.js';
import type { RateLimiter, RateState } from './rate-limit.js';
import { SignatureCheck, signatureHeader } from './request-signature.js';

export interface AdmissionParts {
  readonly keys: ApiKeyRing;
  readonly rates: RateLimiter;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly metricsAccess: 'open' | 'key';
}

const noBody = Buffer.alloc(0);

/** Who and what may come in. Plain calls, cheap enough for the decision route. */
export class Admission {
  private readonly signatures = new SignatureCheck();

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

  /** Once the body was read: its signature where the key asks for one, and no card number. */
  checkBody(request: FastifyRequest & { readonly rawBody?: Buffer | undefined }): void {
    const secrets = request.apiKey?.signingSecrets ?? [];
    if (secrets.length > 0) {
      this.signatures.verify(
        request.headers[signatureHeader],
        {
          method: request.method,
          path: request.raw.url ?? request.url,
          body: request.rawBody ?? noBody,
        },
        secrets,
        this.parts.clock.wallMs(),
      );
    }
    // JSON is UTF-8 (RFC 8259); replaced bytes would make one value out of two.
    if (request.rawBody !== undefined && !isUtf8(request.rawBody)) {
      throw new AppError('REQUEST_BODY_NOT_JSON', {
        detail: 'Send one JSON object, encoded as UTF-8.',
      });
    }
    refuseCardNumbers(request.body);
  }

  /** The door of /metrics, as METRICS_ACCESS says. */
  admitToMetrics(request: FastifyRequest, reply: FastifyReply): void {
    if (this.parts.metricsAccess === 'key') {
      this.admit(request, reply, 'metrics');
    }
  }
}

/** As in draft-ietf-httpapi-ratelimit-headers-10. */
function setRateHeaders(reply: FastifyReply, state: RateState): void {
  const resetSeconds = state.allowed ? 1 : state.retryAfterSeconds;
  void reply
    .header('ratelimit-policy', `"key";q=${state.limit};w=1`)
    .header('ratelimit', `"key";r=${state.remaining};t=${resetSeconds}`);
}
