import { z } from 'zod';
import { Variant } from './traffic-plan.js';

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63');
const share = z.number().min(0).max(1);

const STAGES_MAX = 20;

export const RolloutStage = z.strictObject({
  share: share.describe('0 is shadow: the candidate judges and decides nothing'),
  minutes_min: z.number().min(0),
  decisions_min: z.int().min(0),
});

/** Limits of a rollout; what is left out is as in docs/guides/roll-out-a-change.md. */
export const RolloutGuardrails = z
  .strictObject({
    window_decisions_min: z.int().min(1),
    window_seconds: z.int().min(5).max(86_400),
    error_share_max: share,
    degraded_share_max: share,
    degraded_share_excess_max: share,
    p99_ms_max: z.number().gt(0),
    p99_ms_excess_max: z.number().min(0),
    nan_share_max: share,
    score_shift_max: z.number().min(0),
    alert_rate_ratio_max: z.number().min(1),
    approval_rate_drop_max: share,
    fraud_value_excess_max: z.number().min(0),
    fraud_payments_min: z.int().min(1),
  })
  .partial();
export type RolloutGuardrails = z.infer<typeof RolloutGuardrails>;

/** A change that is to take over step by step: a model, a ruleset, thresholds, or several. */
export const RolloutRequest = z
  .strictObject({
    rollout_id: id,
    variant: Variant,
    unit: z.string().min(1).max(64).default('customer').describe('What sticks to its side'),
    stages: z.array(RolloutStage).min(1).max(STAGES_MAX).optional(),
    guardrails: RolloutGuardrails.default({}),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('EUR')
      .describe('Only payments in it count towards fraud value'),
  })
  .meta({ id: 'RolloutRequest' });
export type RolloutRequest = z.infer<typeof RolloutRequest>;

export const rolloutCommands = ['pause', 'resume', 'promote', 'roll_back'] as const;
export const RolloutCommand = z.strictObject({
  command: z.enum(rolloutCommands),
  reason: z.string().min(1).max(500),
});
export type RolloutCommand = z.infer<typeof RolloutCommand>;

export const rolloutStatuses = ['running', 'paused', 'completed', 'rolled_back'] as const;

export const RolloutReport = z
  .object({
    rollout_id: z.string(),
    status: z.enum(rolloutStatuses),
    variant: Variant,
    stage: z.int().nullable().describe('Index into stages; null once it is over'),
    share: share.nullable(),
    stages: z.array(RolloutStage),
    sentence: z.string().describe('What it waits for, or why it ended'),
    created_at: z.iso.datetime(),
    events: z.array(
      z.object({
        happened_at: z.iso.datetime(),
        action: z.string(),
        sentence: z.string(),
        evidence: z.unknown(),
      }),
    ),
  })
  .meta({ id: 'RolloutReport' });
export type RolloutReport = z.infer<typeof RolloutReport>;

export const RolloutList = z
  .object({ rollouts: z.array(RolloutReport).describe('Newest first') })
  .meta({ id: 'RolloutList' });
export type RolloutList = z.infer<typeof RolloutList>;
