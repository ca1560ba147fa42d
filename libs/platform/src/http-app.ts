import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { NestLog } from '#telemetry/nest-log.js';
import { FastifyDoor } from './fastify-door.js';
import type { HotDoor } from './hot-door.js';
import { ProblemFilter } from './problem-filter.js';
import { ProblemReply } from './problem-reply.js';
import { RequestLog } from './request-log.js';
import type { RouteTable } from './route-table.js';
import type { Shutdown } from './shutdown.js';

export interface HttpAppParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly shutdown: Shutdown;
  /** Share of the answered requests that get a log line, [0, 1]. */
  readonly logSampleRatio: number;
  /** Null where no route is hot. */
  readonly hotDoor: HotDoor | null;
}

export interface HttpApp {
  readonly nest: NestFastifyApplication;
  /** For code that answers errors itself, without Nest. */
  readonly problems: ProblemReply;
  /** Every route that is served, known once `nest.init()` or `nest.listen()` is done. */
  readonly routes: RouteTable;
}

// Requests in flight were waited for already: what is open now hangs, or sends at a crawl.
const CLOSE_MS_MAX = 500;

async function closeServer(nest: NestFastifyApplication): Promise<void> {
  const timer = setTimeout(() => nest.getHttpServer().closeAllConnections(), CLOSE_MS_MAX);
  try {
    await nest.close();
  } finally {
    clearTimeout(timer);
  }
}

type RootModule = Parameters<typeof NestFactory.create>[0];

/** A Nest application with our door and errors; not listening yet. Shutdown closes it first. */
export async function createHttpApp(module: RootModule, parts: HttpAppParts): Promise<HttpApp> {
  const problems = new ProblemReply(parts.metrics, parts.log);
  const requestLog = new RequestLog(parts);
  const door = new FastifyDoor({ ...parts, problems, requestLog });
  const nest = await NestFactory.create<NestFastifyApplication>(module, door, {
    logger: new NestLog(parts.log),
    rawBody: true,
    abortOnError: false,
  });
  nest.useGlobalFilters(new ProblemFilter(problems));
  parts.shutdown.add('http server', () => closeServer(nest));
  return { nest, problems, routes: door.routes };
}
