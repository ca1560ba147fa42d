import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import './request-context.js';

const INTERNAL_ERROR = 500;

export interface RequestLogParts {
  readonly log: Log;
  readonly clock: Clock;
  /** [0, 1] */
  readonly logSampleRatio: number;
  /** In [0, 1); decides which requests are logged. */
  readonly random?: () => number;
}

/** At most one line a request, for a sample of them. Unforeseen failures have theirs elsewhere. */
export class RequestLog {
  private readonly random: () => number;

  constructor(private readonly parts: RequestLogParts) {
    this.random = parts.random ?? Math.random;
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    if (reply.statusCode === INTERNAL_ERROR || this.random() >= this.parts.logSampleRatio) {
      return;
    }
    this.parts.log.info('Answered a request', {
      requestId: request.id,
      apiKeyId: request.apiKey?.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      durationMs: this.parts.clock.monotonicMs() - request.receivedAtMs,
    });
  }
}
