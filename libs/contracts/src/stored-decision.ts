import { z } from 'zod';
import { Decision, DecisionReply } from './decision-reply.js';
import { LabelRequest, OutcomeRequest } from './outcome-request.js';

/** A decision in a list. */
export const DecisionSummary = z
  .object({
    decision_id: z.uuid(),
    transaction_id: z.string(),
    decision: Decision,
    fraud_probability: z.number().nullable(),
    degraded: z.string().describe('The level of degradation; none is the full path'),
    event_time: z.iso.datetime(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'DecisionSummary' });
export type DecisionSummary = z.infer<typeof DecisionSummary>;

export const DecisionPage = z
  .object({
    decisions: z.array(DecisionSummary).describe('Newest first'),
    next: z.uuid().nullable().describe('Pass as `before` for the next page; null on the last'),
  })
  .meta({ id: 'DecisionPage' });
export type DecisionPage = z.infer<typeof DecisionPage>;

/** What a source said of a transaction. */
const StoredLabel = z.object({
  id: z.uuid(),
  label: LabelRequest.shape.label,
  source: LabelRequest.shape.source,
  reason_code: z.string().nullable(),
  amount: z.object({ value: z.int(), currency: z.string() }).nullable(),
  occurred_at: z.iso.datetime().nullable().describe('When what it speaks of happened'),
  reported_at: z.iso.datetime().nullable().describe('When the source said it'),
  learnt_at: z.iso.datetime().describe('When it was learnt here'),
  in_force: z.boolean().describe('Whether it is the one that holds of all these labels'),
});
export type StoredLabel = z.infer<typeof StoredLabel>;

/** A decision with what became known of it since. */
export const StoredDecision = z
  .object({
    decision: DecisionReply.describe('The reply as it was given'),
    event_time: z.iso.datetime(),
    outcomes: z.array(
      z.object({
        outcome: OutcomeRequest.shape.outcome,
        occurred_at: z.iso.datetime(),
        learnt_at: z.iso.datetime(),
      }),
    ),
    labels: z.array(StoredLabel).describe('In the order in which they were learnt'),
  })
  .meta({ id: 'StoredDecision' });
export type StoredDecision = z.infer<typeof StoredDecision>;

const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;
const time = z.iso.datetime({ offset: true });

/** How one decision is asked for. */
export const DecisionView = z.strictObject({
  known_at: time.optional().describe('Leave out what was learnt later, corrections too'),
});
export type DecisionView = z.infer<typeof DecisionView>;

const entity = z.string().min(1).max(256).describe('As the payment system names it');

/** What is searched for; everything given must hold. */
export const DecisionSearch = z.strictObject({
  transaction_id: z.string().min(1).max(128).optional(),
  decision: Decision.optional(),
  rule_id: z.string().min(1).max(128).optional(),
  card: entity.optional(),
  customer: entity.optional(),
  device: entity.optional(),
  experiment_id: z.string().min(1).max(63).optional(),
  arm_id: z.string().min(1).max(63).optional(),
  from: time.optional(),
  to: time.optional(),
  before: z.uuidv7().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});
export type DecisionSearch = z.infer<typeof DecisionSearch>;
