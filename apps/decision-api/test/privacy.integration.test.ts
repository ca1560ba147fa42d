import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import { fullDecisionRequest } from '#testing/decision-requests.js';
import { hasRedisServer, RedisServer } from '#testing/redis-server.js';
import {
  addKey,
  makeDataDir,
  startInProcess,
  type AddedKey,
  type InProcessApi,
} from './in-process-api.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Personal values as callers send them; none may be found again anywhere. */
const personal = {
  email: 'canary.person@canary-mail.example',
  phone: '+49 30 5550123',
  ip: '198.51.100.234',
  token: 'tok_canary_5f1c',
  customer: 'cust_canary_17',
  device: 'dev_canary_8',
  agent: 'CanaryBrowser/1.0',
  session: 'sess_canary_4',
  street: '1 Canary Street',
  city: 'Canarytown',
  postalCode: 'CNRY 1AA',
  metadata: 'a-canary-note',
};
const values = [...Object.values(personal), '5550123'];
/** A name that a caller gave a field of its own: the reply to the caller may repeat it. */
const fieldName = 'canary@name.example';

function requestOf(id: string): Record<string, unknown> {
  const full = fullDecisionRequest(id);
  return {
    ...full,
    payment_method: { type: 'card', token: personal.token, bin: '424242', last4: '4242' },
    customer: { id: personal.customer, email: personal.email, phone: personal.phone },
    device: {
      id: personal.device,
      ip: personal.ip,
      user_agent: personal.agent,
      session_id: personal.session,
    },
    billing: { line1: personal.street, city: personal.city, postal_code: personal.postalCode },
    shipping: { line1: personal.street, city: personal.city, postal_code: personal.postalCode },
    metadata: { note: personal.metadata, [fieldName]: 1 },
    options: { include: ['features', 'rules', 'trace'] },
  };
}

/** Where each value was found; looked for as bytes, so that encodings do not hide it. */
function foundIn(bytes: Buffer, wanted: readonly string[] = values): string[] {
  return wanted.filter((value) => bytes.includes(value) || bytes.includes(value.toLowerCase()));
}

async function filesUnder(folder: string): Promise<[string, Buffer][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        return [file, await readFile(file)] as [string, Buffer];
      }),
  );
}

/** Keeps what a trace exporter sends. */
async function startCollector(): Promise<{ server: Server; url: string; bodies: Buffer[] }> {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, bodies };
}

async function sendEverything(api: InProcessApi, key: AddedKey): Promise<string[]> {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    api.send(path, { method: 'POST', key, body, headers });
  const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;
  const decided = await post('/v1/decisions', requestOf('tx-1'), {
    traceparent,
    'user-agent': personal.agent,
    'idempotency-key': personal.token,
  });
  const { decision_id: id } = DecisionReply.parse(decided.json());
  const replies = [
    decided,
    await post('/v1/decisions', requestOf('tx-1')),
    await post(`/v1/decisions/${id}/outcome`, { outcome: 'declined_by_issuer' }),
    await post('/v1/labels', { transaction_id: 'tx-1', label: 'fraud', source: 'chargeback' }),
  ];
  expect(replies.map((reply) => reply.status)).toEqual([200, 200, 202, 202]);
  const wrong = { ...requestOf('tx-2'), customer: { email: `${personal.email} `, oops: 1 } };
  const broken = JSON.stringify(requestOf('tx-3')).slice(0, -3);
  for (const body of [wrong, broken, [personal]]) {
    const reply = await post('/v1/decisions', body);
    expect(reply.status).toBe(400);
    replies.push(reply);
  }
  const path = `/v1/decisions/${encodeURIComponent(personal.email)}/outcome`;
  replies.push(await post(path, { outcome: 'captured' }));
  replies.push(await api.send(`/${encodeURIComponent(personal.email)}?q=${personal.token}`));
  return replies.map((reply) => reply.text);
}

describe('with the state in memory', () => {
  let api: InProcessApi;
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let replies: string[];
  let metrics: string;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const data = await makeDataDir();
    remove = data.remove;
    const key = await addKey(data.dataDir, { scopes: ['decide', 'label'] });
    collector = await startCollector();
    api = await startInProcess(data.dataDir, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      TRACE_SAMPLE_RATIO: '0',
      DEADLINE_MS: '1000',
    });
    replies = await sendEverything(api, key);
    metrics = (await api.send('/metrics')).text;
    await api.stop();
  });

  afterAll(async () => {
    collector.server.close();
    await remove();
  });

  test('no reply repeats a personal value', () => {
    expect(foundIn(Buffer.from(replies.join('\n')))).toEqual([]);
  });

  test('no log line holds one', () => {
    expect(api.lines.length).toBeGreaterThan(5);
    expect(foundIn(Buffer.from(api.lines.join('')), [...values, fieldName])).toEqual([]);
  });

  test('no file of the data folder holds one', async () => {
    const files = await filesUnder(api.dataDir);
    expect(files.some(([name]) => name.includes('/journal/'))).toBe(true);
    expect(
      files.map(([name, bytes]) => [name, foundIn(bytes)]).filter(([, f]) => f?.length),
    ).toEqual([]);
  });

  test('no metric holds one', () => {
    expect(metrics).toContain('tollgate_request_warnings_total{field="metadata"}');
    expect(foundIn(Buffer.from(metrics), [...values, fieldName])).toEqual([]);
  });

  test("a caller's trace goes on here, without one", () => {
    const exported = Buffer.concat(collector.bodies);
    expect(exported.toString('latin1')).toContain(TRACE_ID);
    expect(foundIn(exported)).toEqual([]);
  });
});

describe.skipIf(!hasRedisServer())('with the state in Redis (skipped without redis-server)', () => {
  let redis: RedisServer;
  let client: Redis;

  beforeAll(async () => {
    redis = await RedisServer.start();
    client = redis.client();
  });

  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  test('no key and no value of Redis holds a personal value', async () => {
    const { dataDir, remove } = await makeDataDir();
    const key = await addKey(dataDir, { scopes: ['decide', 'label'] });
    const api = await startInProcess(dataDir, {
      REDIS_URL: redis.socketPath,
      DEADLINE_MS: '1000',
      STATE_TIMEOUT_MS: '900',
    });
    await sendEverything(api, key);
    // Replies and tiles are written behind the answer.
    await vi.waitFor(async () => expect(await client.dbsize()).toBeGreaterThan(8), 5_000);
    await api.stop();
    const names = await client.keysBuffer('*');
    const contents = await Promise.all(names.map((name) => client.getBuffer(name)));
    expect(contents.some((content) => content?.includes('"decision_id"'))).toBe(true);
    const everything = Buffer.concat([...names, ...contents.map((c) => c ?? Buffer.alloc(0))]);
    expect(foundIn(everything)).toEqual([]);
    await remove();
  });
});
