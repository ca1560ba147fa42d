import type { Decision, DegradationLevel } from '#contracts/decision-reply.js';

/** What came of one payment, however it was asked: through the API or in this process. */
export interface Decided {
  /** Null when only features were asked for. */
  readonly decision: Decision | null;
  /** Null when no model answered. */
  readonly probability: number | null;
  readonly riskScore: number | null;
  /** The rules that hit, those without effect marked by a trailing `?`. */
  readonly rules: readonly string[];
  /** Risk points the rules added; ranks payments where there is no model. NaN when not known. */
  readonly rulePoints: number;
  readonly degraded: DegradationLevel;
  /** Values of the asked-for signals, in the order of the columns; empty when not asked for. */
  readonly features: readonly (number | string | null)[];
}
