import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#telemetry/clock.js';
import { Tracing } from '#telemetry/tracing.js';
import { startTinyApp, type AddedKey, type TinyApp } from '../test/tiny-app.js';

const canaries = [
  '4111111111111111',
  '4111 1111 1111 1111',
  'canary@example.com',
  'tok_canary_9f2c',
] as const;
const seen = /4111[ +]?1111|4111%201111|canary/i;

let tiny: TinyApp;
let key: AddedKey;

beforeAll(async () => {
  tiny = await startTinyApp();
  key = await tiny.addKey(['decide', 'label']);
  await tiny.app.init();
});
afterAll(() => tiny.close());

/** Requests with the canary in one place each: address, headers, names, values, broken bodies. */
function requestsWith(canary: string) {
  const json = { 'content-type': 'application/json', 'x-api-key': key.text };
  const post = (payload: string, headers: Record<string, string> = {}) =>
    ['/v1/things', '/v1/things/hot'].map((url) => ({
      url,
      method: 'POST' as const,
      payload,
      headers: { ...json, ...headers },
    }));
  const get = (url: string) => ({ url, method: 'GET' as const, payload: '', headers: {} });
  const headerNames = [
    'x-request-id',
    'traceparent',
    'authorization',
    'x-api-key',
    'idempotency-key',
    'user-agent',
    'tollgate-signature',
    'cookie',
    'content-type',
  ];
  return [
    get(`/v1/things/${encodeURIComponent(canary)}/explode`),
    get(`/v1/things/${encodeURIComponent(canary)}/busy?q=${encodeURIComponent(canary)}`),
    get(`/${encodeURIComponent(canary)}`),
    get(`/%E0%A4%A${encodeURIComponent(canary)}`),
    ...post(JSON.stringify({ count: 1, note: canary })),
    ...post(JSON.stringify({ count: canary })),
    ...post(JSON.stringify({ count: 1, [canary]: canary })),
    ...post(JSON.stringify([canary])),
    ...post(`{"count": 1, "note": "${canary}`),
    ...headerNames.flatMap((name) => post('{"count":1}', { [name]: canary })),
  ];
}

test('a card number, an address or a token in any place of a request reaches no log and no metric', async () => {
  for (const canary of canaries) {
    for (const request of requestsWith(canary)) {
      await tiny.app.inject(request);
    }
  }
  expect(tiny.lines.length).toBeGreaterThan(0);
  expect(tiny.lines.filter((line) => seen.test(line))).toEqual([]);
  const metrics = await tiny.metrics.registry.metrics();
  expect(metrics).toContain('tollgate_problems_total{code="CARD_NUMBER_REFUSED"}');
  expect(metrics).not.toMatch(seen);
});

test('no reply shows where the program stands', async () => {
  for (const request of requestsWith('canary@example.com')) {
    const reply = await tiny.app.inject(request);
    expect(reply.body).not.toMatch(/node_modules|\.ts:|\n +at /);
  }
});

test('a trace takes nothing from a request but valid ids of its caller', async () => {
  const exporter = new InMemorySpanExporter();
  const spans: string[] = [];
  const shutdown = exporter.shutdown.bind(exporter);
  exporter.shutdown = () => {
    for (const span of exporter.getFinishedSpans()) {
      const { traceId, parentSpanId } = {
        ...span.spanContext(),
        parentSpanId: span.parentSpanContext,
      };
      spans.push(JSON.stringify([span.name, span.attributes, span.events, traceId, parentSpanId]));
    }
    return shutdown();
  };
  const tracing = new Tracing({
    endpoint: 'http://127.0.0.1:1',
    serviceName: 'test',
    serviceVersion: '1',
    sampleRatio: 1,
    exporter,
  });
  const nowMs = systemClock.monotonicMs();
  for (const canary of canaries) {
    const smuggled = { status: 200, note: canary, email: canary };
    const request = tracing.begin('decide', canary, nowMs);
    request?.stage('state', nowMs, nowMs + 1, smuggled);
    request?.end(nowMs + 2, smuggled);
  }
  await tracing.close();
  expect(spans).toHaveLength(2 * canaries.length);
  expect(spans.filter((span) => seen.test(span))).toEqual([]);
});
