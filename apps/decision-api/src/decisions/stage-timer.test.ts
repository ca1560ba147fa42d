import { expect, test } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { Metrics } from '#telemetry/metrics.js';
import type { RequestTrace } from '#telemetry/tracing.js';
import { StageTimer } from './stage-timer.js';

test('stages follow one another; the reply, the metrics and the trace have the same times', async () => {
  const clock = new ManualClock(0);
  const metrics = new Metrics();
  const spans: unknown[] = [];
  const stage = (...span: unknown[]) => spans.push(span);
  const startedAtMs = clock.monotonicMs();
  clock.advance(1);
  const timer = new StageTimer(clock, metrics, { stage } as unknown as RequestTrace);
  timer.since('ingress', startedAtMs);
  clock.advance(2.5);
  timer.end('state');
  clock.advance(0.25);
  timer.end('model');
  expect(timer.timings(startedAtMs)).toEqual({
    total_ms: 3.75,
    state_ms: 2.5,
    model_ms: 0.25,
    rules_ms: 0,
  });
  expect(timer.serverTiming()).toBe('ingress;dur=1.00, state;dur=2.50, model;dur=0.25, ');
  expect(spans.map((span) => [...(span as unknown[])])).toEqual([
    ['ingress', startedAtMs, startedAtMs + 1],
    ['state', startedAtMs + 1, startedAtMs + 3.5],
    ['model', startedAtMs + 3.5, startedAtMs + 3.75],
  ]);
  expect(await metrics.registry.metrics()).toContain(
    'tollgate_stage_duration_seconds_sum{stage="state"} 0.0025',
  );
});

test('times in the reply are whole microseconds', () => {
  const clock = new ManualClock(0);
  const timer = new StageTimer(clock, new Metrics(), null);
  const startedAtMs = clock.monotonicMs();
  clock.advance(1.23456);
  timer.end('rules');
  expect(timer.timings(startedAtMs)).toMatchObject({ total_ms: 1.235, rules_ms: 1.235 });
});
