import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { formatTraceparent, parseTraceparent } from './trace-context.js';
import { Tracing } from './tracing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const started: Tracing[] = [];

function start(sampleRatio: number, random = () => 0.5) {
  const exporter = new InMemorySpanExporter();
  const tracing = new Tracing({
    endpoint: 'http://127.0.0.1:1',
    serviceName: 'test',
    serviceVersion: '1',
    sampleRatio,
    random,
    exporter,
  });
  started.push(tracing);
  return { tracing, exporter };
}

afterEach(async () => {
  for (const tracing of started.splice(0)) await tracing.close();
});

test.each([
  [`00-${traceId}-${spanId}-01`, { traceId, spanId, sampled: true }],
  [`00-${traceId}-${spanId}-00`, { traceId, spanId, sampled: false }],
  [`00-${traceId}-${spanId}-03`, { traceId, spanId, sampled: true }],
  [`01-${traceId}-${spanId}-01-later`, { traceId, spanId, sampled: true }],
  [`00-${traceId}-${spanId}-01-later`, null],
  [`ff-${traceId}-${spanId}-01`, null],
  [`00-${'0'.repeat(32)}-${spanId}-01`, null],
  [`00-${traceId}-${'0'.repeat(16)}-01`, null],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, null],
  ['4111111111111111', null],
  [undefined, null],
])('traceparent %s is read as the standard says', (header, parent) => {
  expect(parseTraceparent(header)).toEqual(parent);
});

test('what is written is read back', () => {
  const hex = (length: number) =>
    fc
      .bigInt({ min: 1n, max: 16n ** BigInt(length) - 1n })
      .map((n) => n.toString(16).padStart(length, '0'));
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
      const parent = { traceId: trace, spanId: span, sampled };
      expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent);
    }),
  );
});

test('a caller that samples is followed, one that does not is left alone, others go by the ratio', () => {
  const { tracing } = start(0.4);
  expect(tracing.begin('decide', `00-${traceId}-${spanId}-01`, 0)?.traceId).toBe(traceId);
  expect(start(1).tracing.begin('decide', `00-${traceId}-${spanId}-00`, 0)).toBeNull();
  expect(tracing.begin('decide', undefined, 0)).toBeNull();
  expect(start(0.6).tracing.begin('decide', undefined, 0)).not.toBeNull();
  expect(start(0, () => 0).tracing.begin('decide', undefined, 0)).toBeNull();
});

test('stages are children of the request, with the times that were measured', async () => {
  const { tracing, exporter } = start(1);
  const parent = `00-${traceId}-${spanId}-01`;
  const request = tracing.begin('POST /v1/decisions', parent, 100);
  request?.stage('state', 101, 103.5, { cause: 'STATE_TIMEOUT' });
  request?.end(110, { status: 503, route: '/v1/decisions', decision: 'review' });
  const spans = exporter.getFinishedSpans();
  expect(spans).toEqual([]);
  const flushed = new Promise<void>((resolve) => {
    const shutdown = exporter.shutdown.bind(exporter);
    exporter.shutdown = () => {
      const [stage, server] = exporter.getFinishedSpans();
      expect(stage?.name).toBe('state');
      expect(stage?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
      expect(stage?.duration[1]).toBeCloseTo(2_500_000, -5);
      expect(stage?.attributes).toEqual({ 'tollgate.cause': 'STATE_TIMEOUT' });
      expect(server?.parentSpanContext?.spanId).toBe(spanId);
      expect(server?.spanContext().traceId).toBe(traceId);
      expect(server?.attributes).toEqual({
        'http.route': '/v1/decisions',
        'http.response.status_code': 503,
        'tollgate.decision': 'review',
      });
      resolve();
      return shutdown();
    };
  });
  expect(request?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  await tracing.close();
  await flushed;
});
