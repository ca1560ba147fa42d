import { z } from 'zod';
import { Economics } from './economics.js';
import { Variant } from './traffic-plan.js';

/** What an experiment can be judged by; what each is, libs/experimentation says. */
export const paymentMetricIds = [
  'approval_rate',
  'challenge_rate',
  'decline_rate',
  'fraud_value',
  'false_positive_value',
  'net_value',
] as const;
export type PaymentMetricId = (typeof paymentMetricIds)[number];

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63');
const metric = z.enum(paymentMetricIds);
/** Hundredths of a percent, so that no rounding moves a unit. */
const weight = z
  .number()
  .gt(0)
  .max(1)
  .refine((share) => Number.isInteger(Math.round(share * 1e8) / 1e4), 'steps of 0.0001');

export const Arm = z.strictObject({
  arm_id: id,
  weight: weight.describe('Its share of the experiment, (0, 1]; arms sum to at most 1'),
  variant: Variant.default({ model: null, ruleset: null, thresholds: null }),
});
export type Arm = z.infer<typeof Arm>;

const ARMS_MAX = 10;
const DAYS_MAX = 365;
const FORCED_MAX = 1000;

/** What an experiment tries, on whom, and by what it is judged. */
export const ExperimentDefinition = z
  .strictObject({
    experiment_id: id,
    name: z.string().min(1).max(200),
    hypothesis: z.string().max(2000).default(''),
    layer: id.default('default').describe('Experiments of one layer exclude one another'),
    unit: z.string().min(1).max(64).default('customer').describe('The entity arms stick to'),
    share: weight.default(1).describe('Of the layer'),
    audience: z
      .string()
      .min(1)
      .max(4096)
      .nullable()
      .default(null)
      .describe('A condition over the transaction and its features; null is everyone'),
    arms: z.array(Arm).min(2).max(ARMS_MAX),
    control: id,
    forced: z
      .array(z.strictObject({ unit: z.string().min(1).max(256), arm_id: id }))
      .max(FORCED_MAX)
      .default([])
      .describe('For tests by hand: these units get this arm and are left out of analyses'),
    primary_metric: metric,
    guardrails: z
      .array(z.strictObject({ metric, tolerance_relative: z.number().min(0).max(1) }))
      .default([]),
    secondary: z.array(metric).default([]),
    minimal_effect_relative: z.number().gt(0).max(1),
    alpha: z.number().gt(0).max(0.2).default(0.05),
    planned_units: z.int().min(100).describe('Of all arms together: see the guide'),
    horizon_days: z.int().min(1).max(DAYS_MAX),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('Only payments in it count towards metrics of money'),
    economics: Economics.prefault({}).describe('What net value counts; fixed before the start'),
  })
  .meta({ id: 'ExperimentDefinition' });
export type ExperimentDefinition = z.infer<typeof ExperimentDefinition>;

export const experimentStates = ['draft', 'running', 'stopped'] as const;
export type ExperimentState = (typeof experimentStates)[number];

export const StoredExperiment = z
  .object({
    state: z.enum(experimentStates),
    definition: ExperimentDefinition,
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    reweighted_at: z.iso.datetime().nullable().describe('Arms changed their weights last'),
    stopped_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'StoredExperiment' });
export type StoredExperiment = z.infer<typeof StoredExperiment>;

export const ExperimentList = z
  .object({ experiments: z.array(StoredExperiment).describe('Newest first') })
  .meta({ id: 'ExperimentList' });
export type ExperimentList = z.infer<typeof ExperimentList>;

/** New weights for a running experiment; arms that are not named keep theirs. */
export const Reweighting = z.strictObject({
  share: weight.optional(),
  arms: z.array(z.strictObject({ arm_id: id, weight })).default([]),
  reason: z.string().min(1).max(500),
});
export type Reweighting = z.infer<typeof Reweighting>;
