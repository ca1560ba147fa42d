import { z } from 'zod';
import { decisions } from '#contracts/decision-reply.js';

const count = z.number().min(0);
const Kinds = z.object({ fraud: count, honest: count });

/** What a scorecard has counted, as a checkpoint keeps it. */
export const ScorecardCounts = z.strictObject({
  payments: count,
  unlabelled: count,
  degraded: count,
  byDecision: z.record(z.enum(decisions), Kinds),
  byRule: z.record(z.string(), Kinds),
  value: z.record(z.string(), z.object({ total: count, caught: count })),
});
export type ScorecardCounts = z.infer<typeof ScorecardCounts>;
