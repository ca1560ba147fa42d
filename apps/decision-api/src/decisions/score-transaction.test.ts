import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { ModelHost } from '#engine/inference/model-host.js';
import { prepareTransaction } from '#engine/prepare.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { computeFeatures } from '#features/vector.js';
import { parsedRequest, testPseudonymizer } from '#testing/small-policy.js';
import { explainScore, scoreTransaction } from './score-transaction.js';

let plan: FeaturePlan;
let host: ModelHost;

beforeAll(async () => {
  const read = await readFeaturePlan('rules/features.yaml');
  if (!read.ok) throw new Error(read.problems.join());
  plan = read.value;
  host = ModelHost.start();
  const loaded = await host.load('models/fraud/1', plan.schema);
  if (!loaded.ok) throw new Error(loaded.errors.join());
});
afterAll(() => host.close());

function record() {
  const prepared = prepareTransaction(plan, testPseudonymizer, parsedRequest(), 0);
  computeFeatures(plan, prepared.record, [], 0);
  return prepared.record;
}

const inMs = (ms: number) => ({ nowMs: performance.now(), deadlineMs: performance.now() + ms });

test('a transaction is scored by the model that serves', async () => {
  const scored = await scoreTransaction(host, record(), inMs(5_000));
  expect(scored).toMatchObject({ model: host.current, cause: null });
  expect(scored.probability).toBeGreaterThan(0);
  expect(scored.probability).toBeLessThan(1);
});

test('without a model there is no score, and a cause', async () => {
  const empty = ModelHost.start();
  expect(await scoreTransaction(empty, record(), inMs(5_000))).toEqual({
    probability: null,
    model: null,
    cause: 'MODEL_UNAVAILABLE',
  });
});

test.each([2, 0, -5])('with %d ms left the model is not asked', async (ms) => {
  expect(await scoreTransaction(host, record(), inMs(ms))).toMatchObject({
    probability: null,
    cause: 'DEADLINE_SPENT',
  });
});

test('a score is explained by reasons of the model, if there is time', async () => {
  const scored = { probability: 0.99, model: host.current, cause: null };
  const reasons = await explainScore(scored, record(), inMs(5_000));
  expect(reasons.every(({ source }) => source === 'model')).toBe(true);
  expect(reasons.length).toBeGreaterThan(0);
  expect(await explainScore(scored, record(), inMs(2))).toEqual([]);
});

test('what was not scored is not explained', async () => {
  const missing = { probability: null, model: null, cause: 'MODEL_TIMEOUT' as const };
  expect(await explainScore(missing, record(), inMs(5_000))).toEqual([]);
});
