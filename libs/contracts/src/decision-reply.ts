import { z } from 'zod';

/**
 * In order of severity: where several rules hit, the severest wins, except for an allow-list
 * override.
 */
export const decisions = ['approve', 'challenge', 'review', 'decline'] as const;
export const Decision = z.enum(decisions).meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

export const degradationLevels = [
  'none',
  'cached_features',
  'request_only',
  'rules_only',
  'static_policy',
] as const;
export type DegradationLevel = (typeof degradationLevels)[number];

/** What failed, so that the decision was made on less. */
export const degradationCauses = [
  'STATE_TIMEOUT',
  'STATE_UNAVAILABLE',
  'MODEL_TIMEOUT',
  'MODEL_UNAVAILABLE',
  'MODEL_OVERLOADED',
  'MODEL_INVALID_SCORE',
  'RULES_FAILED',
  'DEADLINE_SPENT',
] as const;
export type DegradationCause = (typeof degradationCauses)[number];

export const Reason = z
  .object({
    code: z.string().describe('Stable, upper snake case; see GET /v1/reason-codes'),
    source: z.enum(['rule', 'model', 'list', 'policy', 'fallback']),
    rule_id: z.string().optional(),
    contribution: z
      .number()
      .optional()
      .describe('For a model reason: how much probability these features added, [-1, 1]'),
    message: z.string().describe('For your staff'),
    public_message: z.string().optional().describe('Safe to show to the customer'),
  })
  .meta({ id: 'Reason' });
export type Reason = z.infer<typeof Reason>;

export const ruleOutcomes = ['hit', 'no_hit', 'unknown', 'error'] as const;
export const ruleActions = ['allow', 'challenge', 'review', 'decline', 'tag'] as const;
export type RuleAction = (typeof ruleActions)[number];

export const RuleResult = z
  .object({
    id: z.string(),
    name: z.string(),
    outcome: z.enum(ruleOutcomes),
    action: z.enum(ruleActions),
    mode: z.enum(['active', 'shadow', 'rollout']),
    applied: z.boolean().describe('False for shadow rules and outside a rollout: no effect'),
    score_delta: z.number().optional(),
    tags: z.array(z.string()).optional(),
    trace: z.unknown().optional(),
  })
  .meta({ id: 'RuleResult' });
export type RuleResult = z.infer<typeof RuleResult>;

/** The reply to `POST /v1/decisions`: 200 for every decision, declines included. */
export const DecisionReply = z
  .object({
    decision_id: z.uuid().describe('UUIDv7'),
    transaction_id: z.string(),
    decision: Decision,
    challenge: z.object({ method: z.enum(['3ds', 'otp', 'biometric', 'any']) }).optional(),
    review: z.object({ hold: z.boolean() }).optional(),
    risk_score: z.int().min(0).max(1000).nullable().describe('Null when no model could answer'),
    fraud_probability: z.number().min(0).max(1).nullable().describe('Calibrated'),
    risk_level: z.enum(['low', 'elevated', 'high']).nullable(),
    reasons: z.array(Reason),
    rules: z.array(RuleResult).describe('The rules that hit; all with include: ["rules"]'),
    tags: z.array(z.string()),
    model: z
      .object({ id: z.string(), version: z.string(), role: z.enum(['champion', 'challenger']) })
      .nullable(),
    policy: z.object({ id: z.string(), version: z.string().describe('Hash of the ruleset') }),
    experiments: z
      .array(z.object({ id: z.string(), arm: z.string() }))
      .optional()
      .describe('The arms, of experiments and rollouts, that decided'),
    feature_set: z.object({ version: z.string().describe('Hash of the feature catalogue') }),
    features: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))
      .optional()
      .describe('With include: ["features"]. Personal values appear as keyed hashes'),
    degraded: z.object({
      value: z.boolean(),
      level: z.enum(degradationLevels),
      causes: z.array(z.enum(degradationCauses)),
    }),
    warnings: z.array(z.object({ field: z.string(), message: z.string() })),
    timings: z.object({
      total_ms: z.number(),
      state_ms: z.number(),
      model_ms: z.number(),
      rules_ms: z.number(),
    }),
    dry_run: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'DecisionReply' });

export type DecisionReply = z.infer<typeof DecisionReply>;
