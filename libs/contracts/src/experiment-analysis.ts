import { z } from 'zod';
import { experimentStates, paymentMetricIds } from './experiment.js';

const value = z.number().nullable();
const interval = z.object({
  low: z.number(),
  high: z.number(),
  p_value: z.number().describe('Two-sided, of no effect'),
});

export const insufficientReasons = [
  'TOO_FEW_UNITS',
  'NO_VARIANCE',
  'NOTHING_MEASURED',
  'CONTROL_IS_ZERO',
  'CONTROL_NEAR_ZERO',
] as const;

/** A difference between an arm and the control, or why there is none to speak of. */
export const ArmEffect = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('estimated'),
      estimate: z.number(),
      standard_error: z.number(),
      fixed_horizon: interval.describe('For one look, at a time fixed before the start'),
      always_valid: interval.describe('For any number of looks; verdicts use it'),
    }),
    z.object({ kind: z.literal('insufficient'), reason: z.enum(insufficientReasons) }),
  ])
  .meta({ id: 'ArmEffect' });
export type ArmEffect = z.infer<typeof ArmEffect>;

/** One metric of one arm against the control. */
export const ArmResult = z
  .object({
    arm_id: z.string(),
    metric: z.enum(paymentMetricIds),
    role: z.enum(['primary', 'guardrail', 'secondary']),
    better: z.enum(['higher', 'lower']),
    control_value: value,
    value: value,
    absolute: ArmEffect.describe("In the metric's own unit"),
    relative: ArmEffect.describe('Lift: 0.1 is ten percent more'),
    corrected_p_value: z
      .object({ fixed_horizon: z.number(), always_valid: z.number() })
      .nullable()
      .describe('Of the absolute difference, corrected over arms (Holm)'),
    discovery_p_value: z
      .number()
      .nullable()
      .describe('Secondary metrics only: corrected over all of them (Benjamini and Hochberg)'),
    guardrail: z
      .object({
        status: z.enum(['pass', 'unclear', 'breach']),
        tolerance_relative: z.number(),
      })
      .nullable(),
    labels: z
      .object({
        share_known: value.describe('Of the labels of this arm that will come, [0, 1]'),
        control_share_known: value,
        mature: z.boolean(),
        comparable: z.boolean().describe('Both arms are about equally mature'),
      })
      .nullable()
      .describe('Null for a metric that needs none'),
    variance_reduction: z
      .number()
      .nullable()
      .describe("Taken away by the units' history before the start; null where there is none"),
  })
  .meta({ id: 'ArmResult' });
export type ArmResult = z.infer<typeof ArmResult>;

export const verdictCodes = [
  'ship',
  'keep_running',
  'stop_harm',
  'stop_no_effect',
  'invalid_sample_ratio',
  'not_mature',
] as const;
export type VerdictCode = (typeof verdictCodes)[number];

/** What an experiment says so far: a verdict for each arm, and the numbers behind it. */
export const ExperimentAnalysis = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    state: z.enum(experimentStates),
    analysed_at: z.iso.datetime(),
    since: z.iso.datetime().describe('Decisions from the start, or the last change of weights, on'),
    until: z.iso.datetime(),
    unit: z.string(),
    currency: z.string(),
    alpha: z.number(),
    verdicts: z.array(
      z.object({ arm_id: z.string(), code: z.enum(verdictCodes), sentence: z.string() }),
    ),
    sample_ratio: z.object({
      p_value: z.number().describe('Chi-square, for one look'),
      lowest_sequential_p_value: z.number().describe('For any number of looks'),
      sound: z.boolean(),
    }),
    units: z.int(),
    planned_units: z.int(),
    units_in_two_arms: z.int().describe('Left out: seen in more than one arm'),
    moved_units: z.int().describe('Kept: in another arm before the last change of weights'),
    arms: z.array(
      z.object({
        arm_id: z.string(),
        is_control: z.boolean(),
        weight: z.number().describe('Its intended share of the units, arms sum to 1'),
        units: z.int(),
        decisions: z.int(),
        labels_share_known: value,
        values: z
          .record(z.enum(paymentMetricIds), value)
          .describe('Every metric, whether it is judged or not; null without a denominator'),
      }),
    ),
    results: z.array(ArmResult),
    caveats: z.array(z.string()).describe('What to know before acting on the numbers'),
  })
  .meta({ id: 'ExperimentAnalysis' });
export type ExperimentAnalysis = z.infer<typeof ExperimentAnalysis>;
