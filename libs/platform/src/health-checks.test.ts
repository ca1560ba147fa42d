import { afterEach, expect, test, vi } from 'vitest';
import { HealthChecks } from './health-checks.js';

afterEach(() => {
  vi.useRealTimers();
});

const down = () => Promise.reject(new Error('redis://user:hunter2@host'));

test('all up is ready', async () => {
  const checks = new HealthChecks();
  checks.add({ name: 'ruleset', required: true, probe: () => undefined });
  expect(await checks.report()).toEqual({ status: 'ready', checks: { ruleset: 'up' } });
});

test('what decisions can do without only degrades, what they need takes it out of service', async () => {
  const checks = new HealthChecks();
  checks.add({ name: 'redis', required: false, probe: down });
  expect(await checks.report()).toEqual({ status: 'degraded', checks: { redis: 'down' } });
  checks.add({
    name: 'ruleset',
    required: true,
    probe: () => {
      throw new Error('none loaded');
    },
  });
  const report = await checks.report();
  expect(report.status).toBe('not_ready');
  expect(JSON.stringify(report)).not.toContain('hunter2');
});

test('what serves by older files than there are is stale, and keeps its place', async () => {
  const checks = new HealthChecks();
  checks.add({ name: 'ruleset', required: true, probe: () => 'stale' });
  expect(await checks.report()).toEqual({ status: 'degraded', checks: { ruleset: 'stale' } });
});

test('a check that hangs is down', async () => {
  vi.useFakeTimers();
  const checks = new HealthChecks();
  checks.add({ name: 'redis', required: false, probe: () => new Promise(() => undefined) });
  const report = checks.report();
  await vi.advanceTimersByTimeAsync(500);
  expect((await report).checks).toEqual({ redis: 'down' });
});
