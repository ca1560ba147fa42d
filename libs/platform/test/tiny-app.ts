import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Body, Controller, Get, Module, Param, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#contracts/app-error.js';
import { Admission } from '#platform/admission.js';
import { createApiKey } from '#platform/api-key-admin.js';
import type { Scope } from '#platform/api-key-file.js';
import { ApiKeyRing } from '#platform/api-key-ring.js';
import { ErrorsController } from '#platform/errors.controller.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HealthController } from '#platform/health.controller.js';
import { HotDoor } from '#platform/hot-door.js';
import { createHttpApp, type HttpApp } from '#platform/http-app.js';
import { LoadShedder } from '#platform/load-shedder.js';
import { MetricsController } from '#platform/metrics.controller.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RateLimiter } from '#platform/rate-limit.js';
import { DocumentScope, RequireScope } from '#platform/scope-guard.js';
import { Shutdown } from '#platform/shutdown.js';
import { validateBody } from '#platform/validate-body.js';
import { systemClock, type Clock } from '#telemetry/clock.js';
import { Logger } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';

const Thing = z
  .strictObject({
    count: z.int().max(3),
    name: z.string().default('thing'),
    note: z.string().optional(),
  })
  .meta({ id: 'Thing' });
const Kept = z.object({ things: z.array(Thing) }).meta({ id: 'Kept' });

const Wanted = z.strictObject({
  kind: z.enum(['round', 'square']).describe('Of thing'),
  limit: z.coerce.number().int().min(1).max(9).default(3),
});

const SLOW_MS = 150;

@Controller('v1/things')
export class ThingController {
  @Get('open')
  @Returns(200, z.object({ open: z.boolean() }))
  @Describe({ operationId: 'openThing', summary: 'Needs no key', query: Wanted })
  open(): object {
    return { open: true };
  }

  @Post()
  @Returns(202, Kept)
  @RequireScope('label')
  @Describe({ operationId: 'createThing', summary: 'Keeps a thing', body: Thing })
  create(@Body() body: unknown): object {
    return { things: [validateBody(Thing, body)] };
  }

  @Post('hot')
  @Returns(200, Thing)
  @DocumentScope('decide')
  @Describe({ operationId: 'hotThing', summary: 'Fast', body: Thing, errors: ['OVERLOADED'] })
  async hot(@Req() request: FastifyRequest): Promise<object> {
    const thing = validateBody(Thing, request.body);
    if (thing.note === 'slow') {
      await pause(SLOW_MS);
    }
    return { ...thing, key: request.apiKey?.name };
  }

  @Get(':id/explode')
  explode(@Param('id') id: string): object {
    throw new Error(`the secret is ${id}`);
  }

  @Get(':id/busy')
  busy(): object {
    throw new AppError('OVERLOADED', { retryAfterSeconds: 2 });
  }
}

export interface TinyApp extends HttpApp {
  readonly app: NestFastifyApplication;
  readonly health: HealthChecks;
  readonly keysFile: string;
  readonly lines: string[];
  readonly metrics: Metrics;
  readonly shutdown: Shutdown;
  readonly shedder: LoadShedder;
  addKey(scopes: Scope[], options?: { rate?: number; signed?: boolean }): Promise<AddedKey>;
  close(): Promise<void>;
}

export interface AddedKey {
  readonly id: string;
  readonly text: string;
  readonly signingSecret: string | null;
}

/** A whole application around four routes, on a folder of its own. */
export async function startTinyApp(
  options: {
    clock?: Clock;
    concurrencyMax?: number;
    graceMs?: number;
    metricsAccess?: 'open' | 'key';
  } = {},
): Promise<TinyApp> {
  const clock = options.clock ?? systemClock;
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
  const keysFile = join(folder, 'api-keys.json');
  const lines: string[] = [];
  const log = Logger.create({ level: 'debug', service: 'test', write: (line) => lines.push(line) });
  const metrics = new Metrics();
  const { ring } = await ApiKeyRing.open({ file: keysFile, log });
  const metricsAccess = options.metricsAccess ?? 'open';
  const rates = new RateLimiter(null);
  const admission = new Admission({ keys: ring, rates, metrics, clock, metricsAccess });
  const limitMax = options.concurrencyMax ?? 100;
  const shedder = new LoadShedder({
    limitMin: 1,
    limitMax,
    slowMs: 1000,
    loopDelayMsMax: 1000,
    clock,
    metrics,
    loop: () => ({ delayP99Ms: 0, utilisation: 0 }),
  });
  const shutdown = new Shutdown({ drainMs: 0, graceMs: options.graceMs ?? 1000, log });
  const health = new HealthChecks();
  const hot = { method: 'POST', scope: 'decide', csvBytesMax: null, jsonBytesMax: null } as const;
  const routes = [
    { ...hot, url: '/v1/things/hot', load: 'shed' },
    { ...hot, url: '/v1/things/csv', load: null, csvBytesMax: 100_000 },
  ] as const;
  const hotDoor = new HotDoor({ routes, admission, shedder, clock });

  @Module({
    controllers: [ThingController, ErrorsController, HealthController, MetricsController],
    providers: [
      { provide: Admission, useValue: admission },
      { provide: HealthChecks, useValue: health },
      { provide: Metrics, useValue: metrics },
    ],
  })
  class TinyModule {}

  const parts = { metrics, log, clock, shutdown, hotDoor, logSampleRatio: 1 };
  const http = await createHttpApp(TinyModule, parts);
  return {
    ...http,
    app: http.nest,
    health,
    keysFile,
    lines,
    metrics,
    shutdown,
    shedder,
    addKey: async (scopes, { rate, signed = false } = {}) => {
      const key = { name: 'tester', scopes, ratePerSecond: rate ?? null, signed };
      const created = await createApiKey(keysFile, key, Date.now());
      if (!created.ok) throw new Error(created.problems.join());
      await ring.reload();
      return created.value;
    },
    close: async () => {
      await http.nest.close();
      ring.close();
      await rm(folder, { recursive: true });
    },
  };
}
