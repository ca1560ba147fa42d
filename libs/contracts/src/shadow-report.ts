import { z } from 'zod';
import { decisions } from './decision-reply.js';
import { Economics } from './economics.js';

const time = z.iso.datetime({ offset: true });
const MONEY = Object.keys(Economics.shape);

/** Numbers come as text in a query. */
function withNumbers(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      MONEY.includes(name) && typeof value === 'string' && value !== '' ? Number(value) : value,
    ]),
  );
}

/** Which transactions a report is of, and what they are worth. */
export const ShadowQuery = z.preprocess(
  withNumbers,
  z
    .strictObject({
      from: time.describe('Decisions made from here on'),
      to: time.describe('And before here'),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/)
        .default('EUR'),
      ...Economics.shape,
    })
    .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
      path: ['to'],
      message: 'must be later than from',
    }),
);
export type ShadowQuery = z.infer<typeof ShadowQuery>;

const part = z.object({ transactions: z.int(), amount_minor: z.number() });
const side = part.extend({ fraud: part, legit: part, unlabelled: part });
const percentiles = z.object({ p50: z.number(), p99: z.number() });
const latency = z.object({ model_ms: percentiles, rules_ms: percentiles });
const calibration = z.object({
  expected_calibration_error: z.number(),
  brier: z.number(),
  bins: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      transactions: z.int(),
      predicted: z.number().nullable(),
      observed: z.number().nullable(),
    }),
  ),
});
const counts = z.record(z.enum(decisions), z.int());

/** A shadow against what decided, on the same transactions. */
export const ShadowReport = z
  .object({
    shadow_id: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    currency: z.string(),
    sentence: z.string(),
    transactions: z.object({
      judged: z.int(),
      sampled: z.int().describe('What the report is of: all, or an even sample'),
      failed: z.record(z.string(), z.int()).describe('Without a score, by why'),
      with_known_truth: z
        .int()
        .describe('Labelled, or went through without a label so far, which counts as honest'),
    }),
    labels_share_known: z.number().nullable(),
    agreement: z.object({
      share: z.number(),
      matrix: z.record(z.enum(decisions), counts).describe("Champion's, then the shadow's"),
    }),
    swap_set: z.object({
      newly_declined: side.describe('By the shadow only'),
      no_longer_declined: side.describe('By the champion only'),
    }),
    right_at_decline: z
      .object({
        champion_only: z.int(),
        challenger_only: z.int(),
        mcnemar_exact_p: z.number(),
        mcnemar_mid_p: z.number().describe('The one to read'),
      })
      .describe('Declined what is fraud and nothing else'),
    ranking: z
      .object({
        frauds: z.int(),
        champion_average_precision: z.number(),
        challenger_average_precision: z.number(),
        difference: z.number(),
        low: z.number(),
        high: z.number(),
      })
      .nullable()
      .describe('Paired bootstrap at 95 %; null without both frauds and honest payments'),
    calibration: z.object({ champion: calibration, challenger: calibration }).nullable(),
    score_drift: z
      .object({
        population_stability_index: z.number().describe("Over the champion's deciles"),
        largest_distance: z.number().describe('Kolmogorov and Smirnov, [0, 1]'),
      })
      .nullable(),
    latency: z.object({ champion: latency, challenger: latency }),
    net_value: z
      .object({
        transactions: z.int(),
        champion_minor: z.number().describe('Per transaction'),
        challenger_minor: z.number(),
        difference_minor: z.number(),
        low: z.number(),
        high: z.number(),
      })
      .nullable()
      .describe('Of transactions in the currency with known truth, at 95 %'),
    caveats: z.array(z.string()),
  })
  .meta({ id: 'ShadowReport' });
export type ShadowReport = z.infer<typeof ShadowReport>;
