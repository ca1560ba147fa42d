import { AppError } from '#contracts/app-error.js';
import type { RolloutRequest } from '#contracts/rollout.js';
import {
  checkRolloutPlan,
  defaultRolloutPlan,
  type RolloutPlan,
} from '#experimentation/rollout/plan.js';

const WINDOW_SECONDS_DEFAULT = 300;

/** A plan and the window that its guardrails look at. */
export interface StoredPlan extends RolloutPlan {
  readonly windowSeconds: number;
}

/**
 * The plan of a rollout: what was asked for, and the defaults for the rest.
 *
 * @throws AppError DEFINITION_REFUSED for stages that cannot be walked.
 */
export function planOf({ stages, guardrails: asked }: RolloutRequest): StoredPlan {
  const { technical, business, windowDecisionsMin } = defaultRolloutPlan;
  const plan: StoredPlan = {
    stages:
      stages === undefined
        ? defaultRolloutPlan.stages
        : stages.map(({ share, minutes_min: minutesMin, decisions_min: decisionsMin }) => ({
            share,
            minutesMin,
            decisionsMin,
          })),
    windowSeconds: asked.window_seconds ?? WINDOW_SECONDS_DEFAULT,
    windowDecisionsMin: asked.window_decisions_min ?? windowDecisionsMin,
    technical: {
      errorShareMax: asked.error_share_max ?? technical.errorShareMax,
      degradedShareMax: asked.degraded_share_max ?? technical.degradedShareMax,
      degradedShareExcessMax: asked.degraded_share_excess_max ?? technical.degradedShareExcessMax,
      p99MsMax: asked.p99_ms_max ?? technical.p99MsMax,
      p99MsExcessMax: asked.p99_ms_excess_max ?? technical.p99MsExcessMax,
      nanShareMax: asked.nan_share_max ?? technical.nanShareMax,
      scoreShiftMax: asked.score_shift_max ?? technical.scoreShiftMax,
    },
    business: {
      alertRateRatioMax: asked.alert_rate_ratio_max ?? business.alertRateRatioMax,
      approvalRateDropMax: asked.approval_rate_drop_max ?? business.approvalRateDropMax,
      fraudValueExcessMax: asked.fraud_value_excess_max ?? business.fraudValueExcessMax,
      fraudPaymentsMin: asked.fraud_payments_min ?? business.fraudPaymentsMin,
    },
  };
  const problems = checkRolloutPlan(plan);
  if (problems.length === 0) return plan;
  throw new AppError('DEFINITION_REFUSED', {
    errors: problems.map((problem) => ({ pointer: '/stages', detail: words[problem] })),
  });
}

const words: Readonly<Record<ReturnType<typeof checkRolloutPlan>[number], string>> = {
  NO_STAGES: 'there must be at least one stage',
  SHARE_OUT_OF_RANGE: 'a share is from 0 to 1',
  SHARES_NOT_ASCENDING: 'each stage must have a larger share than the one before',
  LAST_STAGE_NOT_WHOLE: 'the last stage must have the share 1',
  MINIMUM_NEGATIVE: 'a minimum cannot be negative',
};
