import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { startTinyApp, type AddedKey, type TinyApp } from '../test/tiny-app.js';
import { signRequest } from './request-signature.js';

const nowMs = 1_763_890_000_000;
const started: TinyApp[] = [];

async function start(options: Parameters<typeof startTinyApp>[0] = {}): Promise<TinyApp> {
  const tiny = await startTinyApp(options);
  started.push(tiny);
  await tiny.app.init();
  return tiny;
}

afterEach(async () => {
  for (const tiny of started.splice(0)) await tiny.close();
});

const hot = (key: AddedKey, payload = '{"count":1}', headers: Record<string, string> = {}) =>
  ({
    url: '/v1/things/hot',
    method: 'POST',
    payload,
    headers: { 'content-type': 'application/json', 'x-api-key': key.text, ...headers },
  }) as const;

test('a key beyond its rate is told the rate and when to come back', async () => {
  const tiny = await start({ clock: new ManualClock(nowMs) });
  const key = await tiny.addKey(['decide'], { rate: 2 });
  const first = await tiny.app.inject(hot(key));
  expect(first.headers).toMatchObject({
    'ratelimit-policy': '"key";q=2;w=1',
    ratelimit: '"key";r=1;t=1',
  });
  await tiny.app.inject(hot(key));
  const third = await tiny.app.inject(hot(key));
  expect([third.statusCode, third.json<{ code: string }>().code]).toEqual([429, 'RATE_LIMITED']);
  expect(third.headers['retry-after']).toBe('1');
  expect(tiny.shedder.inFlight).toBe(0);
});

test('a key with a signing secret must sign, and what it signed is taken once', async () => {
  const tiny = await start({ clock: new ManualClock(nowMs) });
  const key = await tiny.addKey(['decide', 'label'], { signed: true });
  const code = async (headers: Record<string, string>, url = '/v1/things/hot') =>
    (await tiny.app.inject({ ...hot(key, '{"count":1}', headers), url })).json<{ code?: string }>()
      .code;
  const sign = (path: string) => {
    const request = { method: 'POST', path, body: Buffer.from('{"count":1}') };
    const v1 = signRequest(key.signingSecret ?? '', '1763890000', request);
    return { 'tollgate-signature': `t=1763890000,v1=${v1}` };
  };
  expect(await code({})).toBe('SIGNATURE_MISSING');
  expect(await code(sign('/v1/things'))).toBe('SIGNATURE_INVALID');
  expect(await code(sign('/v1/things/hot'))).toBeUndefined();
  expect(await code(sign('/v1/things/hot'))).toBe('SIGNATURE_REPLAYED');
  expect(await code(sign('/v1/things'), '/v1/things')).toBeUndefined();
  expect(tiny.shedder.inFlight).toBe(0);
});

test('beyond the limit hot calls are refused early, the others go on', async () => {
  const tiny = await start({ concurrencyMax: 1 });
  const key = await tiny.addKey(['decide', 'label']);
  const slow = tiny.app.inject(hot(key, '{"count":1,"note":"slow"}'));
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(1));
  const refused = await tiny.app.inject(hot(key));
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(refused.json()).toMatchObject({ code: 'OVERLOADED' });
  const other = await tiny.app.inject({ ...hot(key), url: '/v1/things' });
  expect(other.statusCode).toBe(202);
  expect((await slow).statusCode).toBe(200);
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(0));
});

test.each([
  ['while it is decided', '{"count":1,"note":"slow"}'],
  ['in the middle of its body', '{"count":1,"no'],
])('a caller that hangs up %s is given back to the limit', async (_name, sent) => {
  const tiny = await start();
  const key = await tiny.addKey(['decide']);
  await tiny.app.listen(0, '127.0.0.1');
  const { port } = tiny.app.getHttpServer().address() as { port: number };
  const body = '{"count":1,"note":"slow"}';
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(
      `POST /v1/things/hot HTTP/1.1\r\nhost: x\r\nx-api-key: ${key.text}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${sent}`,
    ),
  );
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(1));
  socket.destroy();
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(0));
});

test('metrics are open or ask for a key with their scope, as configured', async () => {
  const open = await start();
  const scrape = await open.app.inject('/metrics');
  expect(scrape.headers['content-type']).toContain('text/plain');
  expect(scrape.body).toContain('# TYPE tollgate_decisions_total counter');
  const closed = await start({ metricsAccess: 'key' });
  expect((await closed.app.inject('/metrics')).statusCode).toBe(401);
  const key = await closed.addKey(['metrics']);
  const headers = { authorization: `Bearer ${key.text}` };
  expect((await closed.app.inject({ url: '/metrics', headers })).statusCode).toBe(200);
});

test('readiness follows the checks, liveness does not', async () => {
  const tiny = await start();
  expect((await tiny.app.inject('/health/ready')).json()).toEqual({ status: 'ready', checks: {} });
  const probe = () => Promise.reject(new Error('no rules'));
  tiny.health.add({ name: 'ruleset', required: true, probe });
  const ready = await tiny.app.inject('/health/ready');
  expect([ready.statusCode, ready.json()]).toEqual([
    503,
    { status: 'not_ready', checks: { ruleset: 'down' } },
  ]);
  expect((await tiny.app.inject('/health/live')).statusCode).toBe(200);
});

test('a shutdown finishes what is in flight, refuses what is new, and then closes its parts', async () => {
  const tiny = await start();
  const key = await tiny.addKey(['decide']);
  const order: string[] = [];
  tiny.shutdown.add('journal', () => void order.push('journal'));
  tiny.shutdown.add('broken', () => Promise.reject(new Error('disk')));
  tiny.shutdown.add('redis', () => void order.push('redis'));
  const slow = tiny.app.inject(hot(key, '{"count":1,"note":"slow"}')).then((reply) => {
    order.push('slow');
    return reply;
  });
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(1));
  const clean = tiny.shutdown.run('SIGTERM');
  await vi.waitFor(() => expect(tiny.shutdown.phase).toBe('refusing'));
  const refused = await tiny.app.inject(hot(key));
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([
    503,
    'SHUTTING_DOWN',
  ]);
  expect(refused.headers).toMatchObject({ connection: 'close', 'retry-after': '1' });
  expect((await tiny.app.inject('/health/live')).statusCode).toBe(200);
  expect((await slow).statusCode).toBe(200);
  expect([await clean, await tiny.shutdown.run('SIGINT')]).toEqual([false, false]);
  expect(order).toEqual(['slow', 'journal', 'redis']);
});

test('a shutdown is not held up by a caller that never finishes its request', async () => {
  const tiny = await start({ graceMs: 20 });
  const key = await tiny.addKey(['decide']);
  await tiny.app.listen(0, '127.0.0.1');
  const { port } = tiny.app.getHttpServer().address() as { port: number };
  const closed = new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `POST /v1/things/hot HTTP/1.1\r\nhost: x\r\nx-api-key: ${key.text}\r\n` +
          'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"count"',
      ),
    );
    socket.on('close', () => resolve()).resume();
  });
  await vi.waitFor(() => expect(tiny.shedder.inFlight).toBe(1));
  expect(await tiny.shutdown.run('SIGTERM')).toBe(false);
  await closed;
  expect(tiny.lines.join()).toContain('Requests in flight were cut off');
});
