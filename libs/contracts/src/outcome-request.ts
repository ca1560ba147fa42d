import { z } from 'zod';
import { AMOUNT_MINOR_MAX } from './decision-request.js';
import { labelSources } from './label-source.js';

const timestamp = z.iso.datetime({ offset: true });

export const OutcomeRequest = z
  .strictObject({
    outcome: z.enum([
      'authorized',
      'declined_by_issuer',
      'captured',
      'voided',
      'challenge_passed',
      'challenge_failed',
    ]),
    occurred_at: timestamp.optional(),
  })
  .meta({ id: 'OutcomeRequest' });
export type OutcomeRequest = z.infer<typeof OutcomeRequest>;

export const LabelRequest = z
  .strictObject({
    transaction_id: z.string().min(1).max(128),
    label: z.enum(['fraud', 'legit', 'abuse', 'unknown']),
    source: z.enum(labelSources),
    reason_code: z.string().max(32).optional(),
    occurred_at: timestamp.optional().describe('When what it speaks of happened'),
    reported_at: timestamp
      .optional()
      .describe('When the source said it: the later word of a source corrects the earlier'),
    amount: z
      .strictObject({
        value: z.int().min(0).max(AMOUNT_MINOR_MAX),
        currency: z.string().regex(/^[A-Z]{3}$/),
      })
      .optional(),
  })
  .meta({ id: 'LabelRequest' });
export type LabelRequest = z.infer<typeof LabelRequest>;

export const Receipt = z
  .object({ id: z.uuid(), accepted_at: z.iso.datetime() })
  .meta({ id: 'Receipt' });
export type Receipt = z.infer<typeof Receipt>;
