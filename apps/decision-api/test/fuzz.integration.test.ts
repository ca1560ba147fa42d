import { connect } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import { errorCatalogue, type ErrorCode } from '#contracts/error-catalogue.js';
import { Receipt } from '#contracts/outcome-request.js';
import { Problem } from '#contracts/problem.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { fullDecisionRequest } from '#testing/decision-requests.js';
import { brokenFrames, hostileRequest } from '#testing/hostile-request.js';
import type { HttpAnswer, HttpRequest } from '#testing/http-client.js';
import { hasRedisServer, RedisServer } from '#testing/redis-server.js';
import { seededRandom } from '#testing/seeded-random.js';

const REQUESTS = 20_000;
/** Below what the service never sheds, so that a slow machine is no failure. */
const IN_FLIGHT = 6;
/** Another one: FUZZ_SEED=7 npm test -- fuzz */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123);
const root = resolve(import.meta.dirname, '../../..');
const missing = missingForProcessTests({ redis: false });

/** What tells of our insides: a frame of a stack, a path of ours, a name of a library. */
const leak = new RegExp(
  `\\bat \\S+ \\(|\\.[jt]s:\\d|node_modules|/dist/|node:internal|${root}|ioredis|fastify|ZodError`,
  'i',
);

/** Why an answer is not as it may be; null when it is. */
function faultOf(request: HttpRequest, { status, headers, body }: HttpAnswer): string | null {
  if (status >= 500) return `a server error: ${body.slice(0, 300)}`;
  if (request.method === 'HEAD') return null;
  if (status < 400) return faultOfSuccess(request, status, body);
  if (leak.test(body)) return 'tells of our insides';
  const type = headers['content-type'] ?? 'no content type';
  if (!type.startsWith('application/problem+json')) return `an error of type ${type}`;
  const parsed = Problem.safeParse(JSON.parse(body));
  if (!parsed.success) return `no problem document: ${parsed.error.message}`;
  const { code } = parsed.data;
  if (!(code in errorCatalogue)) return `code ${code} is not in the catalogue`;
  const { status: expected, title } = errorCatalogue[code as ErrorCode];
  if (expected !== status || parsed.data.status !== status) return `${code} with status ${status}`;
  if (parsed.data.title !== title) return `${code} with title ${parsed.data.title}`;
  return headers['x-request-id'] === parsed.data.instance ? null : 'the instance is another one';
}

function faultOfSuccess(request: HttpRequest, status: number, body: string): string | null {
  if (request.method !== 'POST') return null;
  const schema = status === 202 ? Receipt : DecisionReply;
  const parsed = schema.safeParse(JSON.parse(body));
  return parsed.success ? null : `status ${status} without its reply: ${parsed.error.message}`;
}

/** Sends bytes as they are and gives all that comes back until the connection closes. */
function sendFrame(port: number, frame: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  // A reset is an answer too: what matters is that the process stays.
  const answered = text(socket).catch(() => '');
  socket.end(frame, 'latin1');
  return answered;
}

describe.skipIf(missing !== null)(`hostile input (${missing ?? `seed ${seed}`})`, () => {
  let redis: RedisServer | null = null;
  let home: DecisionApiHome;
  let api: DecisionApiProcess;

  beforeAll(async () => {
    if (hasRedisServer()) redis = await RedisServer.start();
    const url = redis?.socketPath;
    home = await DecisionApiHome.create(() => (url === undefined ? {} : { REDIS_URL: url }));
    api = await home.start();
  });

  afterAll(async () => {
    await home.remove();
    await redis?.stop();
  });

  let looks = 0;
  async function decidesStill(): Promise<void> {
    looks += 1;
    const body = JSON.stringify(fullDecisionRequest(`look-${looks}`));
    const answer = await api.client.send({ path: '/v1/decisions', body });
    expect([answer.status, DecisionReply.safeParse(JSON.parse(answer.body)).success]).toEqual([
      200,
      true,
    ]);
  }

  test(
    `${REQUESTS} broken requests are each refused by a catalogued problem, or decided`,
    { timeout: 180_000 },
    async () => {
      const random = seededRandom(seed);
      const statuses = new Map<number, number>();
      const codes = new Set<string>();
      const faults: string[] = [];
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < REQUESTS && faults.length < 10) {
          const index = next;
          next += 1;
          const request = hostileRequest(index, random);
          const answer = await api.client.send(request).catch((error: unknown) => String(error));
          const fault = typeof answer === 'string' ? answer : faultOf(request, answer);
          if (fault !== null) {
            const sent = JSON.stringify({ ...request, body: request.body?.toString() });
            faults.push(`${index}: ${fault}\n${sent.slice(0, 2_000)}`);
          }
          if (typeof answer === 'string') continue;
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          const code = /"code":"(\w+)"/.exec(answer.body)?.[1];
          if (code !== undefined) codes.add(code);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      expect(faults).toEqual([]);
      // A fuzzer that is always refused at the door would prove little.
      expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 10);
      expect(statuses.get(400)).toBeGreaterThan(REQUESTS / 10);
      expect([...codes]).toEqual(
        expect.arrayContaining([
          'AUTHENTICATION_INVALID',
          'CARD_NUMBER_REFUSED',
          'IDEMPOTENCY_KEY_REUSED',
          'METHOD_NOT_ALLOWED',
          'REQUEST_BODY_NOT_JSON',
          'REQUEST_BODY_TOO_LARGE',
          'REQUEST_HEADER_INVALID',
          'REQUEST_INVALID',
          'REQUEST_MEDIA_TYPE_UNSUPPORTED',
          'REQUEST_URL_INVALID',
          'ROUTE_NOT_FOUND',
        ]),
      );
      await decidesStill();
      expect(api.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    },
  );

  test('a body that is not UTF-8 is refused, for its values would not be what was meant', async () => {
    const body = Buffer.from(JSON.stringify(fullDecisionRequest('caf\u00e9')), 'latin1');
    const answer = await api.client.send({ path: '/v1/decisions', body });
    expect([answer.status, (JSON.parse(answer.body) as Problem).code]).toEqual([
      400,
      'REQUEST_BODY_NOT_JSON',
    ]);
  });

  test.each(brokenFrames.map((frame) => [JSON.stringify(frame.slice(0, 90)), frame]))(
    'bytes that are no request, %s, are refused and harm nobody',
    async (_shown, frame) => {
      const answer = await sendFrame(api.client.port, frame);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
      expect(answer).not.toMatch(leak);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      const isProblem =
        /content-type: application\/problem\+json/i.test(head) &&
        Problem.safeParse(JSON.parse(body)).success;
      expect(body === '' || isProblem).toBe(true);
      await decidesStill();
    },
  );
});
