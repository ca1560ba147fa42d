import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { BoundedChildren } from './bounded-children.js';
import { LoopMonitor } from './loop-monitor.js';
import { LogMetrics } from './log-metrics.js';
import { Metrics } from './metrics.js';
import { RolloutMetrics } from './rollout-metrics.js';

test('a decision counts its kind, its level, its causes and its time', async () => {
  const metrics = new Metrics();
  metrics.decided('review', 'rules_only', 12);
  metrics.degradedBy('MODEL_TIMEOUT');
  metrics.stage('state', 3);
  metrics.ruleHit('card-testing');
  metrics.ruleFailed('blocked-card');
  const text = await metrics.registry.metrics();
  for (const line of [
    'tollgate_decisions_total{decision="review"} 1',
    'tollgate_degradation_levels_total{level="rules_only"} 1',
    'tollgate_degraded_causes_total{cause="MODEL_TIMEOUT"} 1',
    'tollgate_decision_duration_seconds_bucket{le="0.012"} 1',
    'tollgate_decision_duration_seconds_bucket{le="0.008"} 0',
    'tollgate_stage_duration_seconds_sum{stage="state"} 0.003',
    'tollgate_rule_hits_total{rule="card-testing"} 1',
    'tollgate_rule_failures_total{rule="blocked-card"} 1',
  ]) {
    expect(text).toContain(line);
  }
});

test('beyond its bound a label value is counted as other', () => {
  const made: string[] = [];
  const children = new BoundedChildren((label) => (made.push(label), label), 2);
  expect(['a', 'b', 'c', 'a', 'd'].map((label) => children.of(label))).toEqual([
    'a',
    'b',
    'other',
    'a',
    'other',
  ]);
  expect(made).toEqual(['a', 'b', 'other']);
});

test('queues and artifacts show what is true at the scrape', async () => {
  const metrics = new Metrics();
  let depth = 3;
  metrics.watchQueue('model', () => depth);
  metrics.serving('ruleset', 'v1');
  metrics.serving('ruleset', 'v2', 'v1');
  depth = 5;
  const text = await metrics.registry.metrics();
  expect(text).toContain('tollgate_queue_depth{queue="model"} 5');
  expect(text).toContain('tollgate_artifact_info{artifact="ruleset",version="v2"} 1');
  expect(text).not.toContain('v1');
});

test('a blocked event loop shows in its delay and utilisation', async () => {
  const monitor = new LoopMonitor();
  try {
    await vi.waitFor(
      () => {
        const until = performance.now() + 60;
        while (performance.now() < until);
        expect(monitor.current.delayP99Ms).toBeGreaterThan(20);
        expect(monitor.current.utilisation).toBeGreaterThan(0.1);
      },
      { timeout: 5000, interval: 1 },
    );
  } finally {
    monitor.close();
  }
});

test('the reference describes exactly the metrics there are, with their type', async () => {
  const metrics = new Metrics();
  metrics.watchStoreLosses(() => ({ write: 1 }));
  metrics.watchLoop(() => ({ delayP99Ms: 0, utilisation: 0 }));
  metrics.watchConcurrency(
    () => 0,
    () => 0,
  );
  expect(new LogMetrics(metrics.registry, () => 0)).toBeDefined();
  expect(new RolloutMetrics(metrics.registry)).toBeDefined();
  const exported = [...(await metrics.registry.metrics()).matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  const file = new URL('../../../docs/reference/metrics.md', import.meta.url);
  const documented = [...(await readFile(file, 'utf8')).matchAll(/^\| `(\w+)` *\| (\w+) *\|/gm)];
  const pairs = (matches: RegExpExecArray[]) =>
    matches.map(([, name, type]) => `${name} ${type}`).toSorted();
  expect(pairs(documented)).toEqual(pairs(exported));
});

test('the lag of the log is the age of what is being stored', async () => {
  let nowMs = 10_000;
  const metrics = new Metrics();
  const log = new LogMetrics(metrics.registry, () => nowMs);
  const lag = async (): Promise<string | undefined> =>
    /^tollgate_log_lag_seconds (.*)$/m.exec(await metrics.registry.metrics())?.[1];
  expect(await lag()).toBe('0');
  log.storing(9_000);
  nowMs = 12_500;
  expect(await lag()).toBe('3.5');
  log.storedAll({ decisions: 3, outcomes: 0, labels: 1, shadows: 0, deadLetters: 0 });
  expect(await lag()).toBe('0');
  expect(await metrics.registry.metrics()).toContain(
    'tollgate_log_records_stored_total{kind="decision"} 3',
  );
});
