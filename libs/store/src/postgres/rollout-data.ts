import type { Pool } from 'pg';

/** What one side of a rollout did in a window. */
export interface SideRow {
  readonly decisions: number;
  /** Scores that were wanted and did not come: a worker lost, a queue full, a time spent. */
  readonly errors: number;
  readonly degraded: number;
  readonly p99Ms: number | null;
  readonly nanScores: number;
  readonly approvals: number;
  readonly throughMinor: number;
  readonly fraudMinor: number;
  readonly fraudPayments: number;
  /** Counts of risk scores over the bins of `scoreEdges`. */
  readonly scoreBins: readonly number[];
}

export interface RolloutWindow {
  readonly rolloutId: string;
  readonly fromMs: number;
  readonly stageSinceMs: number;
  readonly currency: string;
}

export interface RolloutMeasured {
  readonly candidate: SideRow;
  readonly baseline: SideRow;
  readonly decisionsInStage: number;
}

/**
 * Lower bounds of bins of the risk score: narrow where honest payments are, so that a shift among
 * them shows.
 */
export const scoreEdges = [2, 5, 10, 20, 50, 100, 200, 500] as const;

const BINS = scoreEdges.length + 1;

/** `side`, `decision`, `risk_score`, `causes`, `degradation`, `ms` of each decision come before. */
const SUMMARY = `
SELECT side, count(*)::int AS decisions,
  count(*) FILTER (WHERE causes ~ 'MODEL_(UNAVAILABLE|OVERLOADED)')::int AS errors,
  count(*) FILTER (WHERE degradation <> 'none')::int AS degraded,
  percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99_ms,
  count(*) FILTER (WHERE causes LIKE '%MODEL_INVALID_SCORE%')::int AS nan_scores,
  count(*) FILTER (WHERE decision = 'approve')::int AS approvals,
  coalesce(sum(amount) FILTER (WHERE decision = 'approve'), 0)::float8 AS through_minor,
  coalesce(sum(amount) FILTER (WHERE decision = 'approve' AND is_fraud), 0)::float8 AS fraud_minor,
  count(*) FILTER (WHERE decision = 'approve' AND is_fraud)::int AS fraud_payments,
  ${Array.from(
    { length: BINS },
    (_, bin) =>
      `count(*) FILTER (WHERE width_bucket(risk_score, ARRAY[${scoreEdges.join(', ')}]) = ${bin})::int AS bin_${bin}`,
  ).join(', ')}
FROM seen GROUP BY side`;

const IS_FRAUD = `EXISTS (SELECT FROM labels
  WHERE labels.transaction_id = d.transaction_id AND labels.label = 'fraud')`;
const AMOUNT = `CASE WHEN d.currency = $3 THEN d.amount_minor END`;

/** Both sides decide, each for its units. */
const DECIDING = `
WITH seen AS MATERIALIZED (
  SELECT e.arm_id AS side, d.decision, d.risk_score, d.degradation, d.total_ms AS ms,
    coalesce(d.degradation_causes, '') AS causes, ${AMOUNT} AS amount, ${IS_FRAUD} AS is_fraud
  FROM exposures e JOIN decisions d
    ON d.created_at = e.created_at AND d.decision_id = e.decision_id
  WHERE e.experiment_id = $1 AND e.created_at > $2 AND NOT e.forced AND d.created_at > $2
) ${SUMMARY}`;

/**
 * Of the same decisions: as they were made, and as the candidate would have made them. Its time is
 * that of the decision with its own score and rules in place of the champion's.
 */
const SHADOWING = `
WITH pairs AS MATERIALIZED (
  SELECT s.decision AS shadow_decision, s.risk_score AS shadow_score, s.failure,
    s.model_ms + s.rules_ms AS shadow_ms,
    (d.record->'reply'->'timings'->>'model_ms')::real
      + (d.record->'reply'->'timings'->>'rules_ms')::real AS champion_ms,
    d.decision, d.risk_score, d.degradation, d.total_ms,
    coalesce(d.degradation_causes, '') AS causes, ${AMOUNT} AS amount, ${IS_FRAUD} AS is_fraud
  FROM shadow_decisions s JOIN decisions d
    ON d.created_at = s.created_at AND d.decision_id = s.decision_id
  WHERE s.shadow_id = $1 AND s.created_at > $2 AND d.created_at > $2
), seen AS (
  SELECT 'baseline' AS side, decision, risk_score, degradation, total_ms AS ms, causes, amount,
    is_fraud FROM pairs
  UNION ALL
  SELECT 'candidate', shadow_decision, shadow_score,
    CASE WHEN failure IS NULL THEN 'none' ELSE 'rules_only' END,
    greatest(0, total_ms - champion_ms) + shadow_ms, coalesce(failure, ''), amount, is_fraud
  FROM pairs
) ${SUMMARY}`;

const IN_STAGE_DECIDING = `SELECT count(*)::int AS count FROM exposures
  WHERE experiment_id = $1 AND arm_id = 'candidate' AND created_at > $2 AND NOT forced`;
const IN_STAGE_SHADOWING = `SELECT count(*)::int AS count FROM shadow_decisions
  WHERE shadow_id = $1 AND created_at > $2`;

/** What a rollout is judged by, out of the log. */
export class RolloutData {
  constructor(private readonly pool: Pool) {}

  async measure(window: RolloutWindow, isShadow: boolean): Promise<RolloutMeasured> {
    const from = new Date(Math.max(window.fromMs, window.stageSinceMs));
    const { rows } = await this.pool.query<SummaryRow>(isShadow ? SHADOWING : DECIDING, [
      window.rolloutId,
      from,
      window.currency,
    ]);
    const inStage = await this.pool.query<{ readonly count: number }>(
      isShadow ? IN_STAGE_SHADOWING : IN_STAGE_DECIDING,
      [window.rolloutId, new Date(window.stageSinceMs)],
    );
    const sideOf = (side: string): SideRow => {
      const row = rows.find((one) => one.side === side);
      return row === undefined ? nothing : sideRowOf(row);
    };
    return {
      candidate: sideOf('candidate'),
      baseline: sideOf('baseline'),
      decisionsInStage: inStage.rows[0]?.count ?? 0,
    };
  }
}

interface SummaryRow extends Record<`bin_${number}`, number> {
  readonly side: string;
  readonly decisions: number;
  readonly errors: number;
  readonly degraded: number;
  readonly p99_ms: number | null;
  readonly nan_scores: number;
  readonly approvals: number;
  readonly through_minor: number;
  readonly fraud_minor: number;
  readonly fraud_payments: number;
}

const nothing: SideRow = {
  decisions: 0,
  errors: 0,
  degraded: 0,
  p99Ms: null,
  nanScores: 0,
  approvals: 0,
  throughMinor: 0,
  fraudMinor: 0,
  fraudPayments: 0,
  scoreBins: Array.from({ length: BINS }, () => 0),
};

function sideRowOf(row: SummaryRow): SideRow {
  return {
    decisions: row.decisions,
    errors: row.errors,
    degraded: row.degraded,
    p99Ms: row.p99_ms,
    nanScores: row.nan_scores,
    approvals: row.approvals,
    throughMinor: row.through_minor,
    fraudMinor: row.fraud_minor,
    fraudPayments: row.fraud_payments,
    scoreBins: Array.from({ length: BINS }, (_, bin) => row[`bin_${bin}`] ?? 0),
  };
}
