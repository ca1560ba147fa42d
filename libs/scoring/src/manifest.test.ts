import { expect, test } from 'vitest';

import { featuresDigestText, GoldenVectors, ModelManifest } from './manifest.js';

const hash = 'a'.repeat(64);
const valid = {
  id: 'fraud',
  version: '1',
  features: ['amount', 'card_tx_count_1h'],
  featuresHash: hash,
  featureSetVersion: null,
  baseline: [12.5, null],
  reasonGroups: [
    { code: 'MODEL_AMOUNT', message: 'amount', public_message: 'amount', features: ['amount'] },
  ],
  calibration: { method: 'platt', parameters: { slope: 1, offset: 0 }, bins: [] },
  thresholds: { 'fpr_0.1pct': 0.4 },
  trainingWindow: {
    from: '2026-01-01T00:00:00Z',
    to: '2026-02-01T00:00:00Z',
    rows: 10,
    frauds: 1,
    source: 'test',
  },
  metrics: { auc: 0.9 },
  batching: { maxBatch: 64, maxDelayMs: 0 },
  files: { 'model.onnx': hash, 'golden.json': hash },
};

const complaints = (change: object): string[] => {
  const parsed = ModelManifest.safeParse({ ...valid, ...change });
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.message);
};

test('a complete manifest is accepted', () => {
  expect(complaints({})).toEqual([]);
});

test.each([
  ['a feature listed twice', { features: ['amount', 'amount'] }, 'a name is listed twice'],
  ['a baseline of another length', { baseline: [1] }, 'has 1 values for 2 features'],
  ['a hash that is none', { featuresHash: 'abc' }, 'must be a sha256 in lower-case hex'],
  ['no hash of the model', { files: { 'golden.json': hash } }, 'model.onnx is not listed'],
  ['no hash of the golden rows', { files: { 'model.onnx': hash } }, 'golden.json is not listed'],
  [
    'a reason over a feature the model does not read',
    { reasonGroups: [{ ...valid.reasonGroups[0], features: ['hour'] }] },
    'MODEL_AMOUNT names hour: no feature',
  ],
  [
    'a reason code outside the namespace',
    { reasonGroups: [{ ...valid.reasonGroups[0], code: 'AMOUNT' }] },
    'must be upper snake case and begin with MODEL_',
  ],
])('a manifest with %s is refused', (_, change, complaint) => {
  expect(complaints(change)).toContain(complaint);
});

test('a manifest with an unknown key is refused, so that a typing error is seen', () => {
  expect(complaints({ treshold: 1 })).not.toEqual([]);
});

test('the digest text changes with the order of the features', () => {
  expect(featuresDigestText(['a', 'b'])).not.toBe(featuresDigestText(['b', 'a']));
});

test('golden rows without a probability each are refused', () => {
  expect(GoldenVectors.safeParse({ rows: [[1], [2]], probabilities: [0.1] }).success).toBe(false);
});
