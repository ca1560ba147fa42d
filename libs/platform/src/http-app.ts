import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '#telemetry/clock.js';
import type { Logger } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { NestLog } from '#telemetry/nest-log.js';
import type { Admission } from './admission.js';
import { FastifyDoor } from './fastify-door.js';
import { ProblemFilter } from './problem-filter.js';
import { ProblemReply } from './problem-reply.js';
import { ScopeGuard } from './scope-guard.js';

export interface HttpAppParts {
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface HttpApp {
  readonly nest: NestFastifyApplication;
  /** For hooks that answer errors themselves, without Nest. */
  readonly problems: ProblemReply;
}

type RootModule = Parameters<typeof NestFactory.create>[0];

/** A Nest application with our door, errors and guard; not listening yet. */
export async function createHttpApp(module: RootModule, parts: HttpAppParts): Promise<HttpApp> {
  const problems = new ProblemReply(parts.metrics, parts.log);
  const door = new FastifyDoor(problems, parts.clock);
  const nest = await NestFactory.create<NestFastifyApplication>(module, door, {
    logger: new NestLog(parts.log),
    rawBody: true,
    abortOnError: false,
  });
  nest.useGlobalFilters(new ProblemFilter(problems));
  nest.useGlobalGuards(new ScopeGuard(parts.admission));
  return { nest, problems };
}
