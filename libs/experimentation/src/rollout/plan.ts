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
