import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '#contracts/problem.js';
import { startTinyApp, type AddedKey, type TinyApp } from '../test/tiny-app.js';
import { revokeApiKey } from './api-key-admin.js';

let tiny: TinyApp;
let labelKey: AddedKey;
let decideKey: AddedKey;
let revokedKey: AddedKey;

beforeAll(async () => {
  tiny = await startTinyApp();
  labelKey = await tiny.addKey(['label']);
  decideKey = await tiny.addKey(['decide']);
  revokedKey = await tiny.addKey(['label']);
  await revokeApiKey(tiny.keysFile, revokedKey.id, Date.now());
  // Any change of the file makes the ring look again.
  await tiny.addKey(['read']);
  await tiny.app.init();
});

afterAll(() => tiny.close());

const json = { 'content-type': 'application/json' };
const bearer = (key: AddedKey) => ({ authorization: `Bearer ${key.text}` });
const post = (url: string, payload: string, headers: Record<string, string> = {}) =>
  ({ url, method: 'POST', payload, headers: { ...json, ...headers } }) as const;

test.each([
  ['an unknown path', () => ({ url: '/nowhere' }), 404, 'ROUTE_NOT_FOUND'],
  [
    'a wrong method',
    () => ({ url: '/v1/things/open', method: 'DELETE' }),
    405,
    'METHOD_NOT_ALLOWED',
  ],
  [
    'an address that cannot be decoded',
    () => ({ url: '/v1/%E0%A4%A' }),
    400,
    'REQUEST_URL_INVALID',
  ],
  ['a body that is not JSON', () => post('/v1/things', '{"a"'), 400, 'REQUEST_BODY_NOT_JSON'],
  [
    'a body of another type',
    () => post('/v1/things', '<a/>', { 'content-type': 'text/xml' }),
    415,
    'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  ],
  [
    'a form',
    () => post('/v1/things', 'count=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  ],
  [
    'plain text',
    () => post('/v1/things', '{"count":1}', { 'content-type': 'text/plain' }),
    415,
    'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  ],
  [
    'a body over 64 KiB',
    () => post('/v1/things', JSON.stringify({ name: 'x'.repeat(65_536) })),
    413,
    'REQUEST_BODY_TOO_LARGE',
  ],
  ['a call without a key', () => post('/v1/things', '{}'), 401, 'AUTHENTICATION_MISSING'],
  ['a hot call without a key', () => post('/v1/things/hot', '{}'), 401, 'AUTHENTICATION_MISSING'],
  [
    'a key of another shape',
    () => post('/v1/things', '{}', { 'x-api-key': 'tg_x_y' }),
    401,
    'AUTHENTICATION_INVALID',
  ],
  [
    'a key with another secret',
    () => post('/v1/things', '{}', { 'x-api-key': `${labelKey.text.slice(0, -1)}_` }),
    401,
    'AUTHENTICATION_INVALID',
  ],
  [
    'a revoked key',
    () => post('/v1/things', '{}', bearer(revokedKey)),
    401,
    'AUTHENTICATION_INVALID',
  ],
  [
    'a key without the scope',
    () => post('/v1/things', '{}', bearer(decideKey)),
    403,
    'SCOPE_MISSING',
  ],
  [
    'a hot call with a key without the scope',
    () => post('/v1/things/hot', '{}', bearer(labelKey)),
    403,
    'SCOPE_MISSING',
  ],
  [
    'a body with a card number',
    () => post('/v1/things', '{"note":"4111 1111 1111 1111"}', bearer(labelKey)),
    400,
    'CARD_NUMBER_REFUSED',
  ],
  [
    'a hot body with a card number',
    () => post('/v1/things/hot', '{"note":"4111-1111-1111-1111"}', bearer(decideKey)),
    400,
    'CARD_NUMBER_REFUSED',
  ],
  [
    'a body that misses a field',
    () => post('/v1/things', '{}', bearer(labelKey)),
    400,
    'REQUEST_INVALID',
  ],
  ['an AppError of a handler', () => ({ url: '/v1/things/1/busy' }), 503, 'OVERLOADED'],
  ['an error that nobody foresaw', () => ({ url: '/v1/things/1/explode' }), 500, 'INTERNAL'],
] as const)('%s is answered by a problem document', async (_name, request, status, code) => {
  const reply = await tiny.app.inject(request());
  expect(reply.headers['content-type']).toContain('application/problem+json');
  const problem = Problem.parse(reply.json());
  expect(problem).toMatchObject({ status, code, instance: reply.headers['x-request-id'] });
  expect(reply.statusCode).toBe(status);
});

test('each wrong field is named by its JSON pointer, with what to do', async () => {
  const body = JSON.stringify({ count: 'x', note: 1, 'a/b': true });
  const reply = await tiny.app.inject(post('/v1/things', body, bearer(labelKey)));
  expect(Problem.parse(reply.json()).errors).toEqual([
    { pointer: '/count', detail: 'expected number' },
    { pointer: '/note', detail: 'expected string' },
    { pointer: '/a~1b', detail: 'unknown field; remove it, or put it under metadata' },
  ]);
  const empty = await tiny.app.inject(post('/v1/things', '{}', bearer(labelKey)));
  expect(Problem.parse(empty.json()).errors).toEqual([
    { pointer: '/count', detail: 'required; expected number' },
  ]);
});

test('a key with the scope comes in, by either header, on ordinary and hot routes', async () => {
  const kept = await tiny.app.inject(post('/v1/things', '{"count":1}', bearer(labelKey)));
  expect([kept.statusCode, kept.json()]).toEqual([202, { things: [{ count: 1, name: 'thing' }] }]);
  const hot = await tiny.app.inject(
    post('/v1/things/hot', '{"count":1}', { 'x-api-key': decideKey.text }),
  );
  expect([hot.statusCode, hot.json()]).toEqual([200, { count: 1, name: 'thing', key: 'tester' }]);
  expect(tiny.shedder.inFlight).toBe(0);
});

test('a wrong method is told the right one', async () => {
  const reply = await tiny.app.inject({ url: '/v1/things', method: 'PUT' });
  expect(reply.headers['allow']).toBe('POST');
});

test('an unforeseen error shows neither its text nor its stack, and is logged without its text', async () => {
  const reply = await tiny.app.inject({ url: '/v1/things/hunter2/explode' });
  expect(reply.body).not.toMatch(/hunter2|at .*\.ts/);
  const id = String(reply.headers['x-request-id']);
  const [line, ...others] = tiny.lines.filter((entry) => entry.includes(id));
  expect(others).toEqual([]);
  expect(line).toContain('"route":"/v1/things/:id/explode"');
  expect(line).not.toContain('hunter2');
  const text = await tiny.metrics.registry.metrics();
  expect(text).toMatch(/tollgate_problems_total\{code="INTERNAL"\} [1-9]/);
});

test('a sampled request is one line, with the pattern of its route', async () => {
  const reply = await tiny.app.inject(post('/v1/things', '{"count":1}', bearer(labelKey)));
  const id = String(reply.headers['x-request-id']);
  const about = tiny.lines
    .filter((line) => line.includes(id))
    .map((line) => JSON.parse(line) as object);
  expect(about).toEqual([
    expect.objectContaining({
      level: 'info',
      message: 'Answered a request',
      method: 'POST',
      route: '/v1/things',
      status: 202,
      apiKeyId: labelKey.id,
      durationMs: expect.any(Number) as number,
    }),
  ]);
});

test('a request id of a known form is kept, any other is replaced', async () => {
  const uuid = '0193d2c4-0000-7000-8000-000000000000';
  const kept = await tiny.app.inject({ url: '/health/live', headers: { 'x-request-id': uuid } });
  expect(kept.headers['x-request-id']).toBe(uuid);
  const other = await tiny.app.inject({
    url: '/health/live',
    headers: { 'x-request-id': '4111111111111111' },
  });
  expect(other.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-/);
});

test('the type of a problem leads to its explanation', async () => {
  const { type, title } = Problem.parse((await tiny.app.inject('/nowhere')).json());
  const page = await tiny.app.inject(type);
  expect(page.json()).toEqual({ code: 'ROUTE_NOT_FOUND', status: 404, title });
  expect((await tiny.app.inject('/errors/toString')).statusCode).toBe(404);
});

test('refusals say when to come back and how to authenticate', async () => {
  const busy = await tiny.app.inject({ url: '/v1/things/1/busy' });
  expect(busy.headers['retry-after']).toBe('2');
  const missing = await tiny.app.inject(post('/v1/things', '{}'));
  expect(missing.headers['www-authenticate']).toBe('Bearer realm="tollgate"');
});

test('what is not HTTP at all is answered by a problem document too', async () => {
  await tiny.app.listen(0, '127.0.0.1');
  const { port } = tiny.app.getHttpServer().address() as { port: number };
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTP/9\r\n\r\n'));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('end', () => resolve(received)).on('error', reject);
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
  expect(Problem.parse(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).code).toBe(
    'REQUEST_HEADER_INVALID',
  );
});
