import { z } from 'zod';
import { labelSources } from './label-source.js';

const HORIZON_DAYS = 120;
const HORIZON_DAYS_MAX = 730;
const share = z.number().min(0).max(1);
const time = z.iso.datetime({ offset: true });

export const LabelMaturityQuery = z.strictObject({
  source: z.enum(labelSources).optional(),
  horizon_days: z.coerce.number().int().min(1).max(HORIZON_DAYS_MAX).default(HORIZON_DAYS),
  from: time.optional(),
  to: time.optional(),
});
export type LabelMaturityQuery = z.infer<typeof LabelMaturityQuery>;

/** How much of what will be known is known, by the age of a decision. */
export const LabelMaturity = z
  .object({
    summary: z.string().describe('The answer in a sentence'),
    source: z.enum(labelSources).nullable().describe('Null: of any source'),
    as_of: z.iso.datetime(),
    horizon_days: z
      .int()
      .describe('After so long no label is waited for; never more than there is history'),
    decisions: z.int().describe('That were looked at'),
    labelled: z.int().describe('Of these, with a label'),
    sampled_share: share.describe('Of the stored decisions, how many were looked at'),
    curve: z
      .array(z.object({ age_days: z.int(), share_known: share, low: share, high: share }))
      .describe('A share holds from its age on; intervals of 95 %. Empty without labels'),
    expected: z.object({
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      decisions: z.int(),
      share_known: share.nullable().describe('Null where it cannot be told'),
    }),
  })
  .meta({ id: 'LabelMaturity' });
export type LabelMaturity = z.infer<typeof LabelMaturity>;
