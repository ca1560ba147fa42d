import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify';
import type { Clock } from '#telemetry/clock.js';
import type { Admission } from './admission.js';
import type { Scope } from './api-key-file.js';
import type { LoadShedder } from './load-shedder.js';
import type { ProblemReply } from './problem-reply.js';
import './request-context.js';

export interface HotRoute {
  readonly method: string;
  readonly url: string;
  readonly scope: Scope;
  /** Counts as load, and is refused when there is too much; null for what goes at its own pace. */
  readonly load: 'shed' | null;
  /** Takes CSV up to this size, read only once the key is known; null: JSON like the others. */
  readonly csvBytesMax: number | null;
  /** Takes JSON up to this size, read only once the key is known; null: as much as the others. */
  readonly jsonBytesMax: number | null;
}

export interface HotDoorParts {
  readonly routes: readonly HotRoute[];
  readonly admission: Admission;
  /** Null where no route counts as load. */
  readonly shedder: LoadShedder | null;
  readonly clock: Clock;
}

type Hooks = Required<Pick<RouteOptions, 'onRequest' | 'preHandler' | 'onSend'>> &
  Pick<RouteOptions, 'bodyLimit'>;

/**
 * The door of the routes that must be fast, or whose bodies are large: key, scope, rate, load,
 * signature and card numbers are checked by direct calls from Fastify's hooks, before Nest makes
 * anything.
 */
export class HotDoor {
  constructor(private readonly parts: HotDoorParts) {}

  /** How large the CSV of a route may be; null where it takes none. */
  csvBytesMax(method: string, url: string | undefined): number | null {
    return this.find(method, url)?.csvBytesMax ?? null;
  }

  /** The hooks of a route; null for a route that is not hot. */
  hooksFor(method: string, url: string, problems: ProblemReply): Hooks | null {
    const hot = this.find(method, url);
    if (hot === undefined) {
      return null;
    }
    const { admission, shedder, clock } = this.parts;
    return {
      ...(hot.jsonBytesMax === null ? {} : { bodyLimit: hot.jsonBytesMax }),
      onRequest: (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
        try {
          admission.admit(request, reply, hot.scope);
          if (hot.load === 'shed') shedder?.enter(request.receivedAtMs);
        } catch (error) {
          problems.send(error, request, reply);
          return;
        }
        request.isAdmitted = hot.load === 'shed';
        done();
      },
      preHandler: (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
        try {
          admission.checkBody(request);
        } catch (error) {
          problems.send(error, request, reply);
          return;
        }
        done();
      },
      // Not onResponse, which is left out when the caller has hung up meanwhile.
      onSend: (
        request: FastifyRequest,
        _reply: FastifyReply,
        _payload: unknown,
        done: HookHandlerDoneFunction,
      ) => {
        if (request.isAdmitted) {
          request.isAdmitted = false;
          shedder?.leave(clock.monotonicMs() - request.receivedAtMs);
        }
        done();
      },
    };
  }

  private find(method: string, url: string | undefined): HotRoute | undefined {
    return this.parts.routes.find((route) => route.method === method && route.url === url);
  }
}
