import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Problem } from '#contracts/problem.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { readDecisionTexts } from '#testing/decision-journal.js';
import { leastDecisionRequest } from '#testing/decision-requests.js';
import { HttpClient } from '#testing/http-client.js';
import { PacedLoad } from '#testing/paced-load.js';

const RATE_PER_SECOND = 200;
const missing = missingForProcessTests({ redis: false });
let home: DecisionApiHome;

afterEach(() => home.remove());

/** A request whose body comes in two halves: in flight for as long as the test wants. */
async function slowRequest(
  api: DecisionApiProcess,
): Promise<{ readonly answer: Promise<string>; readonly finish: () => void }> {
  const body = JSON.stringify(leastDecisionRequest('slow'));
  const half = body.length / 2;
  const socket = connect({ host: '127.0.0.1', port: api.client.port });
  const answer = text(socket);
  socket.write(
    `POST /v1/decisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${home.key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, half)}`,
  );
  await once(socket, 'ready');
  await sleep(50); // Its head has arrived by now: it is in flight.
  return { answer, finish: () => socket.write(body.slice(half)) };
}

describe.skipIf(missing !== null)(`SIGTERM (${missing ?? 'a real process'})`, () => {
  test('what is in flight is decided, what is new is refused, and the exit is clean', async () => {
    home = await DecisionApiHome.create();
    const api = await home.start();
    const slow = await slowRequest(api);
    api.signal('SIGTERM');
    const late = new HttpClient(api.client.port, home.key);
    const body = JSON.stringify(leastDecisionRequest('late'));
    let refused = await late.send({ path: '/v1/decisions', body });
    // The signal may need a moment to arrive.
    while (refused.status === 200) refused = await late.send({ path: '/v1/decisions', body });
    expect(refused.status).toBe(503);
    expect((JSON.parse(refused.body) as Problem).code).toBe('SHUTTING_DOWN');
    expect(refused.headers.connection).toBe('close');
    expect(refused.headers['retry-after']).toBe('1');
    expect((await late.get('/health/ready')).status).toBe(503);
    slow.finish();
    const answer = await slow.answer;
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(await api.end('SIGTERM')).toBe(0);
    const recorded = await readDecisionTexts(home.journalFolder);
    expect(recorded.map(([id]) => id)).toContain('slow');
    late.close();
  });

  test('under load with a drain no request is lost, and all that was decided is recorded', async () => {
    home = await DecisionApiHome.create(() => ({ SHUTDOWN_DRAIN_MS: '300' }));
    const api = await home.start();
    let count = 0;
    const nextBody = (): string => JSON.stringify(leastDecisionRequest(`pay-${(count += 1)}`));
    const load = new PacedLoad({ client: api.client, ratePerSecond: RATE_PER_SECOND, nextBody });
    await sleep(300);
    const signalledMs = load.elapsedMs;
    const exit = api.end('SIGTERM');
    await sleep(200);
    // As a load balancer does that sees /health/ready say no: it stops within the drain.
    const sent = await load.stop();
    expect(await exit).toBe(0);
    expect(sent.filter(({ answer }) => answer?.status !== 200)).toEqual([]);
    const afterTheSignal = sent.filter(({ sentMs }) => sentMs > signalledMs + 50);
    expect(afterTheSignal.length).toBeGreaterThan(0);
    for (const { answer } of afterTheSignal) expect(answer?.headers.connection).toBe('close');
    const recorded = await readDecisionTexts(home.journalFolder);
    const texts = recorded.map(([, reply]) => reply).toSorted();
    expect(texts).toEqual(sent.flatMap(({ answer }) => answer?.body ?? []).toSorted());
  });
});
