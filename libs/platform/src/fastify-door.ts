import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';
import { LoopTurn } from '#telemetry/loop-turn.js';
import {
  answerBrokenRequest,
  answerExpectation,
  headerInvalid,
  markAnswered,
} from './broken-request.js';
import { CSV_MEDIA_TYPE, readCsvBody } from './csv-body.js';
import type { HotDoor } from './hot-door.js';
import type { ProblemReply } from './problem-reply.js';
import './request-context.js';
import { requestIdOf } from './request-id.js';
import type { RequestLog } from './request-log.js';
import { RouteTable } from './route-table.js';
import type { Shutdown } from './shutdown.js';

const BODY_BYTES_MAX = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000; // The whole request must have arrived by then (slow loris).
// Longer than the idle time of common load balancers (60 s), which must be the first to close.
const KEEP_ALIVE_MS = 75_000;
const RETRY_AFTER_SECONDS = 1;
const JSON_ONLY = 'Send the header Content-Type: application/json.';
const otherMediaTypes = ['application/x-www-form-urlencoded', 'text/plain'];

export interface FastifyDoorParts {
  readonly problems: ProblemReply;
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  readonly hotDoor: HotDoor | null;
  readonly requestLog: RequestLog;
}

/** Fastify under Nest, with our own answers to everything that goes wrong before a handler runs. */
export class FastifyDoor extends FastifyAdapter {
  readonly routes = new RouteTable();

  constructor(private readonly parts: FastifyDoorParts) {
    super({
      bodyLimit: BODY_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      genReqId: (raw: IncomingMessage) => requestIdOf(raw.headers['x-request-id']),
      // No middleware is used; without its plugin each request saves a walk through it.
      skipMiddie: true,
      // Ours answers first; Fastify's own is a body of another shape.
      return503OnClosing: false,
      clientErrorHandler: answerBrokenRequest,
      // Node would answer without a problem document; the hook below answers with one.
      http: { requireHostHeader: false },
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
        parts.problems.send(error, request, reply),
    });
    const fastify = this.getInstance<FastifyInstance>();
    fastify.decorateRequest('apiKey', null);
    fastify.decorateRequest('receivedAtMs', 0);
    fastify.decorateRequest('isAdmitted', false);
    fastify.decorateRequest('isCounted', false);
    fastify.addHook('onRoute', (route) => this.onRoute(route));
    fastify.server.on('checkExpectation', answerExpectation);
    this.countRequests(fastify);
  }

  /**
   * JSON, and CSV where a route takes it: Nest adds forms and Fastify plain text, which no route
   * takes. Without a parser they are refused by their media type, before anything is read.
   */
  override registerParserMiddleware(prefix?: string, rawBody?: boolean): void {
    super.registerParserMiddleware(prefix, rawBody);
    const fastify = this.getInstance<FastifyInstance>();
    fastify.removeContentTypeParser(otherMediaTypes);
    fastify.addContentTypeParser(
      CSV_MEDIA_TYPE,
      (request: FastifyRequest, payload: IncomingMessage) => {
        const { hotDoor } = this.parts;
        const bytesMax = hotDoor?.csvBytesMax(request.method, request.routeOptions.url) ?? null;
        if (bytesMax === null)
          throw new AppError('REQUEST_MEDIA_TYPE_UNSUPPORTED', { detail: JSON_ONLY });
        return readCsvBody(request, payload, bytesMax);
      },
    );
  }

  /** Nest would wrap framework errors and lose their codes. */
  override setErrorHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setErrorHandler((error, request, reply) =>
      this.parts.problems.send(error, request, reply),
    );
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setNotFoundHandler((request, reply) => {
      const allowed = this.routes.methodsOf(request.url);
      if (allowed.length > 0) {
        void reply.header('allow', allowed.join(', '));
      }
      const error =
        allowed.length === 0
          ? new AppError('ROUTE_NOT_FOUND', { detail: 'See /openapi.json for the routes.' })
          : new AppError('METHOD_NOT_ALLOWED', { detail: `Use ${allowed.join(' or ')}.` });
      this.parts.problems.send(error, request, reply);
    });
  }

  private onRoute(route: RouteOptions): void {
    this.routes.add(route.method, route.url);
    const method = typeof route.method === 'string' ? route.method : '';
    const hooks = this.parts.hotDoor?.hooksFor(method, route.url, this.parts.problems) ?? null;
    if (hooks !== null) {
      Object.assign(route, hooks);
    }
  }

  private countRequests(fastify: FastifyInstance): void {
    const { clock, problems, requestLog, shutdown } = this.parts;
    const turn = new LoopTurn(clock);
    fastify.addHook('onRequest', (request, reply, done) => {
      request.receivedAtMs = turn.startedAtMs();
      void reply.header('x-request-id', request.id);
      // Probes are answered to the end: they are how a balancer learns of it.
      if (shutdown.phase === 'refusing' && !request.url.startsWith('/health/')) {
        const error = new AppError('SHUTTING_DOWN', {
          detail: 'Send the request again; another instance answers.',
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
        problems.send(error, request, reply);
        return;
      }
      request.isCounted = true;
      shutdown.requestBegan();
      if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
        problems.send(headerInvalid('Host', 'HTTP/1.1 requires it'), request, reply);
        return;
      }
      done();
    });
    // Not onResponse, which is left out when the caller has hung up meanwhile; closing the server
    // waits for what is still being written.
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      // Now, not when it came: a request in flight at the signal must not invite another one.
      if (shutdown.phase !== 'serving') void reply.header('connection', 'close');
      if (request.isCounted) {
        request.isCounted = false;
        shutdown.requestEnded();
        requestLog.answered(request, reply);
      }
      markAnswered(request.raw);
      done();
    });
  }
}
