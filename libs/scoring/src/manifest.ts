import { z } from 'zod';

const FEATURES_MAX = 1024;
export const REASON_GROUPS_MAX = 32;
export const BATCH_ROWS_MAX = 128;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hex');
const probability = z.number().min(0).max(1);

/**
 * Features that are explained together: one reason in the reply, worded as `Reason` in the reply
 * is.
 */
const ReasonGroup = z.strictObject({
  code: z.string().regex(/^MODEL_[A-Z0-9_]+$/, 'must be upper snake case and begin with MODEL_'),
  message: z.string().min(1).describe('For the staff'),
  public_message: z.string().min(1).describe('Safe to show to the customer'),
  features: z.array(z.string()).min(1),
});
export type ReasonGroup = z.infer<typeof ReasonGroup>;

const Calibration = z.strictObject({
  method: z.enum(['platt', 'isotonic', 'none']),
  parameters: z.record(z.string(), z.number()),
  bins: z
    .array(z.strictObject({ predicted: probability, observed: probability, count: z.int().min(1) }))
    .describe('Reliability on the test window: mean prediction and share of fraud per bin'),
});

/**
 * `manifest.json` of a model bundle: what the model reads, what it was trained on, how to serve and
 * explain it.
 */
export const ModelManifest = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    version: z.string().min(1),
    features: z.array(z.string()).min(1).max(FEATURES_MAX).describe('Signal names, in input order'),
    featuresHash: sha256.describe('sha256 of the names joined by line feeds'),
    featureSetVersion: sha256
      .nullable()
      .describe('sha256 of the feature catalogue of the training data; null when unknown'),
    baseline: z
      .array(z.number().nullable())
      .describe('Per feature the median of honest transactions; null when it is mostly missing'),
    reasonGroups: z.array(ReasonGroup).max(REASON_GROUPS_MAX),
    calibration: Calibration,
    thresholds: z.record(z.string(), probability).describe('Suggested, by false-positive rate'),
    trainingWindow: z.strictObject({
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      rows: z.int().min(0),
      frauds: z.int().min(0),
      source: z.string(),
    }),
    metrics: z.record(z.string(), z.number()),
    batching: z.strictObject({
      maxBatch: z.int().min(1).max(BATCH_ROWS_MAX),
      maxDelayMs: z.number().min(0).max(10).describe('0 for trees: waiting gains them nothing'),
    }),
    files: z.record(z.string(), sha256).describe('sha256 of each other file of the bundle'),
  })
  .superRefine((manifest, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const names = new Set(manifest.features);
    if (names.size !== manifest.features.length) complain('features', 'a name is listed twice');
    if (manifest.baseline.length !== manifest.features.length) {
      complain('baseline', `has ${manifest.baseline.length} values for ${names.size} features`);
    }
    for (const group of manifest.reasonGroups) {
      for (const name of group.features) {
        if (!names.has(name)) complain('reasonGroups', `${group.code} names ${name}: no feature`);
      }
    }
    for (const required of ['model.onnx', 'golden.json']) {
      if (manifest.files[required] === undefined) complain('files', `${required} is not listed`);
    }
  });
export type ModelManifest = z.infer<typeof ModelManifest>;

/**
 * `golden.json`: rows and the probabilities the trained model gave them. Null is a missing value.
 */
export const GoldenVectors = z
  .strictObject({
    rows: z.array(z.array(z.number().nullable())).min(1).max(256),
    probabilities: z.array(probability).min(1),
  })
  .refine((golden) => golden.rows.length === golden.probabilities.length, {
    message: 'there must be one probability for each row',
  });
export type GoldenVectors = z.infer<typeof GoldenVectors>;

/** The text whose sha256 is `featuresHash`: it changes with a name or with the order. */
export function featuresDigestText(features: readonly string[]): string {
  return features.join('\n');
}
