import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadDecisionApiConfig } from './decision-api-config.js';
import { formatConfigProblems } from './environment.js';

const key = 'ab'.repeat(32);

function load(environment: Record<string, string>) {
  const loaded = loadDecisionApiConfig(environment);
  if (!loaded.ok) throw new Error(formatConfigProblems(loaded.problems));
  return loaded.value;
}

function problems(environment: Record<string, string>) {
  const loaded = loadDecisionApiConfig(environment);
  return loaded.ok ? [] : loaded.problems;
}

test('an empty environment gives the defaults, and paths that follow each other', () => {
  expect(load({})).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    apiKeysFile: './.data/api-keys.json',
    featuresFile: './rules/features.yaml',
    redis: null,
    pseudonymKey: null,
    latency: { deadlineMs: 50, deadlineReserveMs: 5 },
    journal: { folder: './.data/journal', mode: 'write', retentionMs: 168 * 3_600_000 },
    tracing: { endpoint: null, sampleRatio: 0.01 },
  });
  expect(load({ DATA_DIR: '/d', RULES_DIR: '/r' })).toMatchObject({
    apiKeysFile: '/d/api-keys.json',
    journal: { folder: '/d/journal' },
    featuresFile: '/r/features.yaml',
  });
});

test('an empty value counts as unset, as container tools pass it', () => {
  expect(load({ PORT: '', REDIS_URL: ' ' })).toMatchObject({ port: 8080, redis: null });
});

test('every problem is reported at once, by name and fix and without the value', () => {
  const found = problems({
    PORT: 'hunter2',
    PSEUDONYM_KEY: 'hunter2',
    REDIS_URL: 'http://hunter2',
    JOURNAL_MODE: 'hunter2',
    TRACE_SAMPLE_RATIO: '1.5',
  });
  expect(found.map((problem) => problem.variable)).toEqual([
    'PORT',
    'PSEUDONYM_KEY',
    'REDIS_URL',
    'JOURNAL_MODE',
    'TRACE_SAMPLE_RATIO',
  ]);
  const text = formatConfigProblems(found);
  expect(text).toContain('PORT must be a whole number from 0 to 65535');
  expect(text).not.toContain('hunter2');
});

test.each([
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', '0x50'],
  ['DEADLINE_MS', '4'],
  ['RULESET', '../other'],
  ['RULESET', '.hidden'],
  ['PSEUDONYM_KEY', 'ab'.repeat(31)],
  ['REDIS_URL', '/socket,redis://b'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
  ['TRACE_SAMPLE_RATIO', '1e-2'],
])('%s=%s is refused', (name, value) => {
  expect(problems({ [name]: value }).map((problem) => problem.variable)).toEqual([name]);
});

test.each([
  ['TRACE_SAMPLE_RATIO', '0'],
  ['TRACE_SAMPLE_RATIO', '1'],
  ['TRACE_SAMPLE_RATIO', '1.0'],
  ['TRACE_SAMPLE_RATIO', '.25'],
  ['PSEUDONYM_KEY', Buffer.alloc(32, 7).toString('base64')],
  ['REDIS_URL', 'unix:/run/redis.sock'],
])('%s=%s is taken', (name, value) => {
  expect(problems({ [name]: value })).toEqual([]);
});

test('values that contradict each other are refused together', () => {
  const found = problems({
    DEADLINE_MS: '10',
    DEADLINE_RESERVE_MS: '10',
    JOURNAL_SEGMENT_MIB: '64',
    JOURNAL_DISK_MIB: '100',
  });
  expect(found.map((problem) => problem.variable)).toEqual([
    'DEADLINE_RESERVE_MS',
    'JOURNAL_DISK_MIB',
  ]);
});

test('one address is a single Redis, several are a cluster', () => {
  expect(load({ REDIS_URL: 'redis://a' }).redis?.reveal()).toEqual({
    kind: 'single',
    url: 'redis://a',
  });
  expect(load({ REDIS_URL: 'redis://a, rediss://b' }).redis?.reveal()).toEqual({
    kind: 'cluster',
    urls: ['redis://a', 'rediss://b'],
  });
});

test('secrets are not printed with the configuration', () => {
  const config = load({ PSEUDONYM_KEY: key, REDIS_URL: 'redis://:hunter2@a' });
  expect(config.pseudonymKey?.reveal()).toEqual(Buffer.alloc(32, 0xab));
  for (const text of [
    JSON.stringify(config),
    inspect(config, { depth: 9 }),
    String(config.redis),
  ]) {
    expect(text).not.toMatch(/hunter2|abab/);
    expect(text).toContain('[secret]');
  }
});
