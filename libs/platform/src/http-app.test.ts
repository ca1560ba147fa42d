import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '#contracts/app-error.js';
import { Problem } from '#contracts/problem.js';
import { ManualClock } from '#telemetry/clock.js';
import { Logger } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import { Admission } from './admission.js';
import { generateApiKey, hashSecret } from './api-key-format.js';
import { writeApiKeyFile, type Scope } from './api-key-file.js';
import { ApiKeyRing } from './api-key-ring.js';
import { createHttpApp } from './http-app.js';
import { RateLimiter } from './rate-limit.js';
import { RequireScope } from './scope-guard.js';
import { validateBody } from './validate-body.js';

const Thing = z.strictObject({ count: z.int().max(3), name: z.string().optional() });

@Controller('v1/things')
class ThingController {
  @Get('open')
  open(): object {
    return { open: true };
  }

  @Post()
  @RequireScope('label')
  create(@Body() body: unknown): object {
    return validateBody(Thing, body);
  }

  @Get(':id/explode')
  @RequireScope('read')
  explode(@Param('id') id: string): object {
    throw new Error(`the secret is ${id}`);
  }

  @Get(':id/busy')
  busy(): object {
    throw new AppError('OVERLOADED', { retryAfterSeconds: 2 });
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

const clock = new ManualClock(1_700_000_000_000);
const lines: string[] = [];
const metrics = new Metrics();
const keys = { label: generateApiKey(), slow: generateApiKey(), revoked: generateApiKey() };
let folder: string;
let ring: ApiKeyRing;
let app: NestFastifyApplication;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
  const file = join(folder, 'api-keys.json');
  const entry = (key: { id: string; secret: string }, scopes: Scope[]) => ({
    id: key.id,
    name: 'test',
    secret_sha256: hashSecret(key.secret).toString('hex'),
    scopes,
    created_at: new Date().toISOString(),
    revoked_at: null,
  });
  await writeApiKeyFile(file, [
    entry(keys.label, ['label']),
    { ...entry(keys.slow, ['label']), rate_per_second: 2 },
    { ...entry(keys.revoked, ['label']), revoked_at: new Date().toISOString() },
  ]);
  const log = Logger.create({
    level: 'info',
    service: 'test',
    write: (line) => void lines.push(line),
  });
  ({ ring } = await ApiKeyRing.open({ file, log }));
  const admission = new Admission({ keys: ring, rates: new RateLimiter(null), metrics, clock });
  ({ nest: app } = await createHttpApp(ThingModule, { admission, metrics, log, clock }));
  await app.init();
});

afterAll(async () => {
  await app.close();
  ring.close();
  await rm(folder, { recursive: true });
});

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const json = { 'content-type': 'application/json' };

test.each([
  ['an unknown path', { url: '/nowhere' }, 404, 'ROUTE_NOT_FOUND'],
  ['an unknown method', { url: '/v1/things/open', method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
  ['a path that cannot be decoded', { url: '/v1/%E0%A4%A' }, 400, 'REQUEST_URL_INVALID'],
  [
    'a body that is not JSON',
    { url: '/v1/things', method: 'POST', payload: '{"a"', headers: json },
    400,
    'REQUEST_BODY_NOT_JSON',
  ],
  [
    'a body of another media type',
    { url: '/v1/things', method: 'POST', payload: '<a/>', headers: { 'content-type': 'text/xml' } },
    415,
    'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  ],
  [
    'a body over 64 KiB',
    {
      url: '/v1/things',
      method: 'POST',
      payload: JSON.stringify({ name: 'x'.repeat(65_536) }),
      headers: json,
    },
    413,
    'REQUEST_BODY_TOO_LARGE',
  ],
  [
    'a call without a key',
    { url: '/v1/things', method: 'POST', payload: '{}', headers: json },
    401,
    'AUTHENTICATION_MISSING',
  ],
  [
    'a key of the wrong shape',
    { url: '/v1/things', method: 'POST', payload: '{}', headers: { ...json, ...bearer('tg_x_y') } },
    401,
    'AUTHENTICATION_INVALID',
  ],
  [
    'a revoked key',
    {
      url: '/v1/things',
      method: 'POST',
      payload: '{}',
      headers: { ...json, 'x-api-key': keys.revoked.text },
    },
    401,
    'AUTHENTICATION_INVALID',
  ],
  [
    'a key without the scope',
    { url: '/v1/things/1/explode', headers: bearer(keys.label.text) },
    403,
    'SCOPE_MISSING',
  ],
  ['an AppError of a handler', { url: '/v1/things/1/busy' }, 503, 'OVERLOADED'],
] as const)('%s is answered by a problem document', async (_name, request, status, code) => {
  const reply = await app.inject({ method: 'GET', ...request } as never);
  expect(reply.statusCode).toBe(status);
  expect(reply.headers['content-type']).toContain('application/problem+json');
  const problem = Problem.parse(reply.json());
  expect(problem).toMatchObject({ status, code, instance: reply.headers['x-request-id'] });
});
