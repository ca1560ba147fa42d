import { z } from 'zod';
import { Decision, DecisionReply, degradationCauses, degradationLevels } from './decision-reply.js';
import { LabelRequest, OutcomeRequest } from './outcome-request.js';
import { Thresholds, Variant } from './traffic-plan.js';

/** How the traffic plan bore on one decision; absent where only the node's own folders decide. */
export const TrafficRecord = z.object({
  version: z.int().describe('Of the traffic plan'),
  assignments: z.array(
    z.object({
      layer_id: z.string(),
      experiment_id: z.string(),
      arm_id: z.string(),
      unit: z.string().describe('Keyed hash of what the arm sticks to'),
      propensity: z.number().describe('The probability that this unit gets this arm, (0, 1]'),
      forced: z.boolean(),
    }),
  ),
  thresholds: Thresholds.nullable(),
  exploration: z
    .object({ let_through: z.boolean(), propensity: z.number() })
    .nullable()
    .describe('For what would be declined: whether it was let through all the same'),
  demoted_rules: z.array(z.string()),
});
export type TrafficRecord = z.infer<typeof TrafficRecord>;

/**
 * What the journal keeps of one decision: all that is needed to answer a retry with the same bytes,
 * to recompute the decision, and to rebuild feature state. Personal values stand here only as the
 * keyed hashes that rules see.
 */
export const DecisionRecord = z.object({
  v: z.literal(1),
  api_key_id: z.string(),
  claim_key: z.string().describe('Keyed hash of the idempotency key'),
  body_hash: z.string(),
  event_time_ms: z.number(),
  received_at_ms: z.number(),
  versions: z.object({
    feature_set: z.string(),
    ruleset: z.string(),
    model: z.string().nullable().describe('id/version'),
  }),
  numbers: z
    .array(z.union([z.number(), z.enum(['Infinity', '-Infinity'])]).nullable())
    .describe('By slot; null is missing. A division by zero is infinite, which JSON cannot write'),
  strings: z.record(z.string(), z.string()).describe('Slot to value; missing ones are left out'),
  probability: z.number().nullable(),
  degradation: z.object({
    level: z.enum(degradationLevels),
    causes: z.array(z.enum(degradationCauses)),
  }),
  shadow_rules: z.array(z.string()).describe('Ids of the rules in shadow that hit'),
  traffic: TrafficRecord.optional(),
  reply: DecisionReply,
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;

export const OutcomeRecord = z.object({
  v: z.literal(1),
  id: z.uuid(),
  api_key_id: z.string(),
  decision_id: z.uuid(),
  accepted_at_ms: z.number(),
  outcome: OutcomeRequest,
});
export type OutcomeRecord = z.infer<typeof OutcomeRecord>;

export const LabelRecord = z.object({
  v: z.literal(1),
  id: z.uuid(),
  api_key_id: z.string(),
  accepted_at_ms: z.number(),
  label: LabelRequest,
});
export type LabelRecord = z.infer<typeof LabelRecord>;

/**
 * How many decisions of a minute a process has recorded since it said so last; they all stand
 * before this record. Of one minute there may be several, which add up.
 */
export const TallyRecord = z.object({
  v: z.literal(1),
  id: z.uuid(),
  minute_ms: z.number().describe('When the minute of the decisions begins, epoch ms'),
  decisions: z.int().min(1),
});
export type TallyRecord = z.infer<typeof TallyRecord>;

/** What shadow variants would have decided; follows the record of the decision itself. */
export const ShadowRecord = z.object({
  v: z.literal(1),
  decision_id: z.uuid(),
  created_at_ms: z.number().describe('Of the decision'),
  shadows: z.array(
    z.object({
      shadow_id: z.string(),
      variant: Variant,
      model: z.string().nullable().describe('id/version of what scored'),
      probability: z.number().nullable(),
      risk_score: z.number().nullable(),
      decision: Decision,
      failure: z.string().nullable().describe('Why there is no score'),
      model_ms: z.number(),
      rules_ms: z.number(),
    }),
  ),
});
export type ShadowRecord = z.infer<typeof ShadowRecord>;
