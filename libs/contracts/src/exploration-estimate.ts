import { z } from 'zod';

const time = z.iso.datetime({ offset: true });

/** Which would-be declines an estimate is of. */
export const ExplorationQuery = z
  .strictObject({
    from: time.describe('Decisions made from here on'),
    to: time.describe('And before here; old enough for most of their labels'),
    rule: z.string().min(1).max(128).optional().describe('Only what this rule declined'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('EUR'),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be later than from',
  });
export type ExplorationQuery = z.infer<typeof ExplorationQuery>;

const Estimate = z.object({ estimate: z.number(), low: z.number(), high: z.number() });

/** What the declines of some time would have been, from those that were let through. */
export const ExplorationEstimate = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    rule: z.string().nullable(),
    currency: z.string(),
    sentence: z.string(),
    blocked: z
      .object({ payments: z.int(), amount_minor: z.number() })
      .describe('Would-be declines that could have been let through, whether they were or not'),
    out_of_reach: z.int().describe('Those that could not: no estimate speaks of them'),
    explored: z.int().describe('Those that were let through'),
    effective_payments: z
      .number()
      .nullable()
      .describe('Payments of equal weight that would say as much (Kish)'),
    labels_share_known: z.number().nullable(),
    estimate: z
      .object({
        alpha: z.number(),
        fraud_rate: z.object({
          hajek: Estimate.describe('The one to read'),
          horvitz_thompson: Estimate,
        }),
        fraud_value_share: Estimate.describe('Of the value (Hajek)'),
        fraud_minor: Estimate.describe('Fraud that the declines held off (Horvitz-Thompson)'),
        honest_minor: Estimate.describe('Honest value turned away (Horvitz-Thompson)'),
      })
      .nullable()
      .describe('Null when nothing was let through'),
    caveats: z.array(z.string()),
  })
  .meta({ id: 'ExplorationEstimate' });
export type ExplorationEstimate = z.infer<typeof ExplorationEstimate>;
