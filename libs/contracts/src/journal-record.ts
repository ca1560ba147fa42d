import { z } from 'zod';
import { DecisionReply, degradationCauses, degradationLevels } from './decision-reply.js';
import { LabelRequest, OutcomeRequest } from './outcome-request.js';

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
