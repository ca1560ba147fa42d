import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';
import './request-context.js';
import type { ProblemReply } from './problem-reply.js';
import { requestIdOf } from './request-id.js';
import { RouteTable } from './route-table.js';

const BODY_BYTES_MAX = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000; // The whole request must have arrived by then (slow-loris).
const KEEP_ALIVE_MS = 75_000; // Longer than the 60 s idle time of common load balancers, which must close first.

/** Fastify under Nest, with our own answers to everything that goes wrong before a handler runs. */
export class FastifyDoor extends FastifyAdapter {
  private readonly routes = new RouteTable();

  constructor(
    private readonly problems: ProblemReply,
    clock: Clock,
  ) {
    super({
      bodyLimit: BODY_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      genReqId: (raw: IncomingMessage) => requestIdOf(raw.headers['x-request-id']),
      // No middleware is used; without its plugin each request saves a walk through it.
      skipMiddie: true,
      // Ours answers first: Fastify's own is a body in another shape.
      return503OnClosing: false,
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
        problems.send(error, request, reply),
    });
    const fastify = this.getInstance<FastifyInstance>();
    fastify.decorateRequest('apiKey', null);
    fastify.decorateRequest('receivedAtMs', 0);
    fastify.addHook('onRoute', (route) => this.routes.add(route.method, route.url));
    fastify.addHook('onRequest', (request, reply, done) => {
      request.receivedAtMs = clock.monotonicMs();
      void reply.header('x-request-id', request.id);
      done();
    });
  }

  /** Nest would wrap framework errors and lose their codes. */
  override setErrorHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setErrorHandler((error, request, reply) =>
      this.problems.send(error, request, reply),
    );
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>().setNotFoundHandler((request, reply) => {
      const allowed = this.routes.methodsOf(request.url);
      if (allowed.length === 0) {
        this.problems.send(
          new AppError('ROUTE_NOT_FOUND', { detail: 'See /openapi.json.' }),
          request,
          reply,
        );
        return;
      }
      void reply.header('allow', allowed.join(', '));
      this.problems.send(
        new AppError('METHOD_NOT_ALLOWED', { detail: `Use ${allowed.join(' or ')}.` }),
        request,
        reply,
      );
    });
  }
}
