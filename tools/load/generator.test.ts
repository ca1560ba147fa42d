import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { runClosedLoop } from './closed-loop.js';
import { htmlReport } from './html-report.js';
import { runOpenLoop } from './open-loop.js';
import { payloadMaker, payloadWorld } from './payload.js';
import { readScenarios } from './read-scenarios.js';
import { loopbackTarget, type Target } from './target.js';
import { judge } from './verdict.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Answer = (count: number, reply: ServerResponse) => void;

async function serve(answer: Answer): Promise<Target> {
  let count = 0;
  server = createServer((request, reply) => {
    request.resume();
    request.once('end', () => {
      count += 1;
      answer(count, reply);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return loopbackTarget(`http://127.0.0.1:${port}`, 'key');
}

const sendText = (reply: ServerResponse, status: number, text: string): void => {
  reply.writeHead(status, { 'content-length': text.length });
  reply.end(text);
};
const fine = '{"decision":"approve","degraded":{"value":false}}';
const nextBody = payloadMaker({ world: payloadWorld(1), seed: 1, runId: 't', hotCardShare: 0 });
const stages = [{ seconds: 0.3, fromRate: 200, toRate: 200 }];

test('every request that was due is sent and counted, by status and degradation', async () => {
  const target = await serve((count, reply) => {
    if (count % 10 === 0) sendText(reply, 503, '{}');
    else if (count % 10 === 1) sendText(reply, 200, fine.replace('false', 'true'));
    else sendText(reply, 200, fine);
  });
  const figures = await runOpenLoop({ target, stages, nextBody });
  expect(figures).toMatchObject({ due: 60, completed: 60, failed: 6, degraded: 6, dropped: 0 });
  expect(figures.statuses).toEqual({ '200': 54, '503': 6 });
  expect(figures.timeline.reduce((sum, at) => sum + at.completed, 0)).toBe(60);
});

test('a stall is charged to every request that was due during it', async () => {
  const held: (() => void)[] = [];
  let stalled = true;
  const target = await serve((_, reply) => {
    if (!stalled) return sendText(reply, 200, fine);
    held.push(() => sendText(reply, 200, fine));
    // Releases all once the last of the run is there: none of them can have been quick.
    if (held.length === 60) {
      stalled = false;
      for (const release of held) release();
    }
  });
  const figures = await runOpenLoop({ target, stages, nextBody });
  // Due evenly over 300 ms and all answered at its end: the median waited about half of that.
  expect(figures.latencyMs.p50).toBeGreaterThan(100);
  expect(figures.latencyMs.max).toBeGreaterThan(250);
});

test('a connection that is cut counts as a failure and the run goes on', async () => {
  const target = await serve((count, reply) => {
    if (count % 5 === 0) reply.destroy();
    else sendText(reply, 200, fine);
  });
  const figures = await runOpenLoop({ target, stages, nextBody });
  expect(figures).toMatchObject({ completed: 60, failed: 12 });
  expect(figures.statuses).toEqual({ '200': 48, 'no reply': 12 });
});

test('replies in several pieces are read whole', async () => {
  const target = await serve((_, reply) => {
    reply.writeHead(200, { 'content-length': fine.length });
    reply.write(fine.slice(0, 10));
    setImmediate(() => reply.end(fine.slice(10)));
  });
  const figures = await runOpenLoop({ target, stages, nextBody });
  expect(figures).toMatchObject({ completed: 60, failed: 0 });
});

test('the closed loop keeps as many requests under way as asked', async () => {
  let underWay = 0;
  let most = 0;
  const target = await serve((_, reply) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      sendText(reply, 200, fine);
    }, 2);
  });
  const figures = await runClosedLoop({
    target,
    nextBody,
    concurrency: 8,
    warmUpMs: 20,
    measureMs: 100,
  });
  expect(most).toBe(8);
  expect(figures.failed).toBe(0);
  expect(figures.requestsPerSecond).toBeGreaterThan(0);
});

test.each(['http://10.1.2.3:8080', 'http://0.0.0.0:8080', 'http://[2001:db8::1]/'])(
  'no load goes to %s',
  async (url) => {
    await expect(loopbackTarget(url, null)).rejects.toThrow(/is not this machine/);
  },
);

test('payments are valid requests, the same for the same seed, with ids of their own', () => {
  const make = (runId: string): string[] => {
    const next = payloadMaker({ world: payloadWorld(1), seed: 7, runId, hotCardShare: 0.3 });
    return Array.from({ length: 500 }, next);
  };
  const first = make('a');
  expect(make('a')).toEqual(first);
  const requests = first.map((body) => DecisionRequest.parse(JSON.parse(body)));
  expect(new Set(requests.map((request) => request.transaction_id)).size).toBe(500);
  expect(first.every((body) => Buffer.byteLength(body) === body.length)).toBe(true);
  const counts = Map.groupBy(requests, (request) => request.payment_method?.token);
  const busiest = Math.max(...[...counts.values()].map((group) => group.length));
  expect(busiest / requests.length).toBeGreaterThan(0.2);
});

test('every scenario of the file is complete, and its report is one page with its charts', async () => {
  const scenarios = await readScenarios('load-tests/scenarios.json');
  expect(Object.keys(scenarios)).toEqual([
    'smoke',
    'steady',
    'spike',
    'stress',
    'soak',
    'hot-card',
  ]);
  const target = await serve((_, reply) => sendText(reply, 200, fine));
  const scenario = { ...scenarios['smoke'], stages } as (typeof scenarios)[string];
  const figures = await runOpenLoop({ target, stages, nextBody });
  const machine = { cpu: 'c', cores: 2, memoryGib: 4, system: 's', node: '24', commit: null };
  const page = htmlReport({
    name: 'smoke',
    scenario,
    url: 'http://127.0.0.1:1',
    startedAt: new Date(0),
    machine,
    figures,
    thresholds: judge(figures, { p99Ms: 1_000, droppedMax: 0 }),
  });
  expect(page.match(/<svg/g)).toHaveLength(3);
  expect(page).toContain('<span class="verdict passed">passed</span>');
  expect(page).not.toMatch(/NaN|undefined|https?:\/\/(?!127)/);
});

test.each([
  ['kept', { p99: 9, failed: 0 }, true],
  ['broken by the p99', { p99: 11, failed: 0 }, false],
  ['broken by failures', { p99: 9, failed: 2 }, false],
])('thresholds are %s', (_, { p99, failed }, passed) => {
  const latencyMs = { p50: 1, p90: 1, p95: 1, p99, p999: 20, max: 30, mean: 1 };
  const thresholds = { p99Ms: 10, p999Ms: 50, failedShareMax: 0.001 };
  const results = judge({ completed: 1_000, failed, dropped: 0, latencyMs }, thresholds);
  expect(results.every((result) => result.passed)).toBe(passed);
});

test('a run without a single reply keeps no threshold', () => {
  const latencyMs = { p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0, mean: 0 };
  const figures = { completed: 0, failed: 0, dropped: 0, latencyMs };
  expect(judge(figures, { p99Ms: 10 }).map((result) => result.passed)).toEqual([false]);
});
