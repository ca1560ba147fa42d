import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { Logger } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import { ModelInForce } from './model-in-force.js';

const shipped = 'models/fraud/1';

let modelDir: string;
let lines: string[];
let metrics: Metrics;
let model: ModelInForce | null = null;

beforeEach(async () => {
  modelDir = await mkdtemp(join(tmpdir(), 'models-'));
  lines = [];
  metrics = new Metrics();
});

afterEach(async () => {
  await model?.close();
  model = null;
  await rm(modelDir, { recursive: true });
});

async function open(version: string | null = null): Promise<ModelInForce> {
  const plan = await readFeaturePlan('rules/features.yaml');
  if (!plan.ok) throw new Error(plan.problems.join());
  const log = Logger.create({ level: 'info', service: 'test', write: (line) => lines.push(line) });
  const lookIntervalMs = 20;
  const options = { modelDir, version, plan: plan.value, log, metrics, lookIntervalMs };
  model = await ModelInForce.open(options);
  return model;
}

const add = (version: string) => cp(shipped, join(modelDir, version), { recursive: true });
const spoil = (version: string) => writeFile(join(modelDir, version, 'golden.json'), '{}');
const said = (message: string) => lines.filter((line) => line.includes(message)).length;

test('without a bundle the service starts, says so once, and takes the first that comes', async () => {
  const { host } = await open();
  expect(host.current).toBeNull();
  await add('1');
  await vi.waitFor(() => expect(host.current?.isUp).toBe(true), 5_000);
  expect(said('No model bundle was found')).toBe(1);
});

test('a start with a newest bundle that is refused serves the one before it', async () => {
  await add('1');
  await add('2');
  await spoil('2');
  const { host } = await open();
  expect(host.current?.bundle.folder).toBe(join(modelDir, '1'));
  expect(said('The model bundle was refused')).toBe(1);
  expect(await metrics.registry.metrics()).toContain(
    'tollgate_reload_failures_total{artifact="model"} 1',
  );
});

test('a refused bundle is told once, and taken when its files are put right', async () => {
  await add('1');
  const { host } = await open();
  await add('draft');
  await spoil('draft');
  await rename(join(modelDir, 'draft'), join(modelDir, '2'));
  await vi.waitFor(() => expect(said('The model bundle was refused')).toBe(1), 5_000);
  expect(host.current?.bundle.folder).toBe(join(modelDir, '1'));
  await cp(join(shipped, 'golden.json'), join(modelDir, '2', 'golden.json'));
  await vi.waitFor(() => expect(host.current?.bundle.folder).toBe(join(modelDir, '2')), 5_000);
  expect(said('The model bundle was refused')).toBe(1);
});

test('a version that is asked for is served, and no other', async () => {
  await add('1');
  await add('2');
  const { host } = await open('1');
  expect(host.current?.bundle.folder).toBe(join(modelDir, '1'));
});
