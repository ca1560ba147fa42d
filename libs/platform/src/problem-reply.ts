import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { problemMediaType, problemOf, toAppError } from './problem.js';

const UNAUTHORIZED = 401;

/**
 * The one place that answers errors: problem document, headers, counter, and a log line when it is
 * our fault.
 */
export class ProblemReply {
  constructor(
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  send(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toAppError(thrown);
    this.metrics.problem(error.code);
    if (error.code === 'INTERNAL') {
      this.log.error('A request failed in a way that nobody foresaw', {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        code: error.code,
        error: error.cause ?? error,
      });
    }
    if (reply.sent || reply.raw.headersSent) {
      return;
    }
    if (error.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', String(error.retryAfterSeconds));
    }
    if (error.status === UNAUTHORIZED) {
      void reply.header('www-authenticate', 'Bearer realm="tollgate"');
    }
    void reply
      .code(error.status)
      .header('x-request-id', request.id)
      .header('content-type', problemMediaType)
      .header('cache-control', 'no-store')
      .serializer(JSON.stringify)
      .send(problemOf(error, request.id));
  }
}
