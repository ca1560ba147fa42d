import { z } from 'zod';

const RATE_MAX = 100_000;
const SECONDS_MAX = 86_400;

const Stage = z.strictObject({
  seconds: z.number().positive().max(SECONDS_MAX),
  /**
   * Requests a second at the beginning and at the end of the stage; between them it changes evenly.
   */
  fromRate: z.number().min(0).max(RATE_MAX),
  toRate: z.number().min(0).max(RATE_MAX),
});
export type Stage = z.infer<typeof Stage>;

const Thresholds = z.strictObject({
  p99Ms: z.number().positive().optional(),
  p999Ms: z.number().positive().optional(),
  failedShareMax: z.number().min(0).max(1).optional(),
  droppedMax: z.int().min(0).optional(),
});
export type Thresholds = z.infer<typeof Thresholds>;

const Scenario = z.strictObject({
  about: z.string().min(1),
  stages: z.array(Stage).min(1),
  hotCardShare: z.number().min(0).max(1),
  thresholds: Thresholds,
});
export type Scenario = z.infer<typeof Scenario>;

export const Scenarios = z.record(z.string().regex(/^[a-z][a-z-]*$/), Scenario);
export type Scenarios = z.infer<typeof Scenarios>;
