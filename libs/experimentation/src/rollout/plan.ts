export interface RolloutStage {
  /**
   * The share of units that the candidate decides for, [0, 1]; 0 is shadow: it decides for none.
   */
  readonly share: number;
  /** Both must be met before the next stage. */
  readonly minutesMin: number;
  readonly decisionsMin: number;
}

/** Limits on what breaks. Shares in [0, 1]; "excess" is candidate minus baseline. */
export interface TechnicalLimits {
  readonly errorShareMax: number;
  readonly degradedShareMax: number;
  readonly degradedShareExcessMax: number;
  readonly p99MsMax: number;
  readonly p99MsExcessMax: number;
  readonly nanShareMax: number;
  /** Population stability index of the candidate's scores against the bins it came with. */
  readonly scoreShiftMax: number;
}

/** Limits on what it costs. */
export interface BusinessLimits {
  /** Decisions that are no approval: candidate over baseline, and baseline over candidate. */
  readonly alertRateRatioMax: number;
  /** In [0, 1]: baseline minus candidate. */
  readonly approvalRateDropMax: number;
  /** Of the value that went through, in basis points: candidate minus baseline. */
  readonly fraudValueExcessMax: number;
  /** Fewer fraudulent payments of the candidate say nothing about fraud value. */
  readonly fraudPaymentsMin: number;
}

export interface RolloutPlan {
  /** In the order they are walked; the last one is the whole. */
  readonly stages: readonly RolloutStage[];
  /** Fewer decisions in a measurement say nothing about shares, latency or scores. */
  readonly windowDecisionsMin: number;
  readonly technical: TechnicalLimits;
  readonly business: BusinessLimits;
}

/** Half an hour in shadow, then an hour at 10 % and at 30 %, then everything. */
export const defaultRolloutPlan: RolloutPlan = {
  stages: [
    { share: 0, minutesMin: 30, decisionsMin: 1_000 },
    { share: 0.1, minutesMin: 60, decisionsMin: 1_000 },
    { share: 0.3, minutesMin: 60, decisionsMin: 3_000 },
    { share: 1, minutesMin: 60, decisionsMin: 10_000 },
  ],
  windowDecisionsMin: 200,
  technical: {
    errorShareMax: 0.001,
    degradedShareMax: 0.05,
    degradedShareExcessMax: 0.01,
    p99MsMax: 40,
    p99MsExcessMax: 10,
    nanShareMax: 0,
    scoreShiftMax: 0.25,
  },
  business: {
    alertRateRatioMax: 1.5,
    approvalRateDropMax: 0.02,
    fraudValueExcessMax: 5,
    fraudPaymentsMin: 20,
  },
};

export type PlanProblem =
  | 'NO_STAGES'
  | 'SHARE_OUT_OF_RANGE'
  | 'SHARES_NOT_ASCENDING'
  | 'LAST_STAGE_NOT_WHOLE'
  | 'MINIMUM_NEGATIVE';

/** What is wrong with a plan, so that it is refused before it starts; nothing for a sound one. */
export function checkRolloutPlan({ stages }: RolloutPlan): PlanProblem[] {
  const shares = stages.map(({ share }) => share);
  const checks: readonly (readonly [PlanProblem, boolean])[] = [
    ['NO_STAGES', stages.length === 0],
    ['SHARE_OUT_OF_RANGE', shares.some((share) => !(share >= 0 && share <= 1))],
    ['SHARES_NOT_ASCENDING', shares.some((share, nth) => share <= (shares[nth - 1] ?? -1))],
    ['LAST_STAGE_NOT_WHOLE', stages.length > 0 && shares.at(-1) !== 1],
    [
      'MINIMUM_NEGATIVE',
      stages.some(({ minutesMin, decisionsMin }) => !(minutesMin >= 0 && decisionsMin >= 0)),
    ],
  ];
  return checks.filter(([, wrong]) => wrong).map(([problem]) => problem);
}
