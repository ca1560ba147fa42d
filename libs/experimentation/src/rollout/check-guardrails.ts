import { populationStability } from '../shadow/score-drift.js';
import type { Measurement, SideMeasurement } from './measurement.js';
import type { RolloutPlan } from './plan.js';

/**
 * Standard errors by which two shares must differ before the difference counts: guardrails are
 * looked at every few seconds, and at 4 chance alone trips one look in 30,000.
 */
const STANDARD_ERRORS_MIN = 4;
/** Under this the slowest hundredth is a handful of decisions, and one pause of the machine. */
const LATENCY_DECISIONS_MIN = 500;
const BASIS_POINTS = 10_000;

export const guardrailIds = [
  'error_share',
  'degraded_share',
  'p99',
  'nan_share',
  'score_shift',
  'alert_rate',
  'approval_rate',
  'fraud_value',
] as const;
export type GuardrailId = (typeof guardrailIds)[number];

/** Unclear: beyond the limit, but by no more than chance could do. */
export type FindingStatus = 'ok' | 'unclear' | 'breach' | 'no_data';

export interface GuardrailFinding {
  readonly guardrail: GuardrailId;
  readonly status: FindingStatus;
  /** What was seen, and the most that is accepted; null without data. */
  readonly seen: number | null;
  readonly limit: number | null;
  readonly sentence: string;
}

interface Reading {
  readonly seen: number;
  readonly limit: number;
  /** Whether an excess is more than chance. */
  readonly certain: boolean;
}

/**
 * Holds a measurement against every guardrail.
 *
 * @param hasBaseline Whether the baseline still decides for some: at the whole there is nothing to
 * compare with, and only absolute limits hold.
 */
export function checkGuardrails(
  measurement: Measurement,
  plan: RolloutPlan,
  hasBaseline: boolean,
): GuardrailFinding[] {
  const { candidate, baseline } = measurement;
  const measured = candidate.decisions >= plan.windowDecisionsMin;
  const compared = baseline.decisions >= plan.windowDecisionsMin;
  const absolute: GuardrailFinding[] = [
    toFinding('error_share', measured ? errorShare(candidate, plan) : null),
    toFinding('nan_share', measured ? nanShare(candidate, plan) : null),
    toFinding('score_shift', measured ? scoreShift(measurement, plan) : null),
    toFinding('degraded_share', measured ? degradedShare(measurement, plan, compared) : null),
    toFinding('p99', measured ? latency(measurement, plan, compared) : null),
  ];
  if (!hasBaseline) return absolute;
  const both = measured && compared;
  return [
    ...absolute,
    toFinding('alert_rate', both ? alertRateRatio(measurement, plan) : null),
    toFinding('approval_rate', both ? approvalDrop(measurement, plan) : null),
    toFinding('fraud_value', both ? fraudValueExcess(measurement, plan) : null),
  ];
}

function errorShare(candidate: SideMeasurement, plan: RolloutPlan): Reading {
  const seen = candidate.errors / candidate.decisions;
  return { seen, limit: plan.technical.errorShareMax, certain: candidate.errors > 1 };
}

function nanShare(candidate: SideMeasurement, plan: RolloutPlan): Reading {
  const seen = candidate.nanScores / candidate.decisions;
  return { seen, limit: plan.technical.nanShareMax, certain: true };
}

function scoreShift(measurement: Measurement, plan: RolloutPlan): Reading {
  const seen = populationStability(measurement.scoreBinsExpected, measurement.scoreBins);
  return { seen, limit: plan.technical.scoreShiftMax, certain: true };
}

function latency(
  { candidate, baseline }: Measurement,
  plan: RolloutPlan,
  compared: boolean,
): Reading {
  const { p99MsMax, p99MsExcessMax } = plan.technical;
  const relative = compared && baseline.p99Ms !== null ? baseline.p99Ms + p99MsExcessMax : p99MsMax;
  const seen = candidate.p99Ms ?? Number.NaN;
  const certain = candidate.decisions >= LATENCY_DECISIONS_MIN;
  return { seen, limit: Math.min(p99MsMax, relative), certain };
}

/** What is degraded without a baseline to blame is as bad, so it has a limit of its own. */
function degradedShare(
  { candidate, baseline }: Measurement,
  plan: RolloutPlan,
  compared: boolean,
): Reading {
  const { degradedShareMax, degradedShareExcessMax } = plan.technical;
  const seen = candidate.degraded / candidate.decisions;
  if (!compared) return { seen, limit: degradedShareMax, certain: true };
  const relative = baseline.degraded / baseline.decisions + degradedShareExcessMax;
  return {
    seen,
    limit: Math.min(degradedShareMax, relative),
    certain:
      seen > degradedShareMax ||
      sharesDiffer([candidate.degraded, baseline.degraded], candidate, baseline),
  };
}

/**
 * With half an alert added to each side, so that a side without any gives a number, not a bound.
 */
function alertRateRatio({ candidate, baseline }: Measurement, plan: RolloutPlan): Reading {
  const alerts = [candidate, baseline].map((side) => side.decisions - side.approvals);
  const [ours = 0, theirs = 0] = alerts;
  const ratio = ((ours + 0.5) * baseline.decisions) / ((theirs + 0.5) * candidate.decisions);
  return {
    seen: ours === 0 && theirs === 0 ? 1 : Math.max(ratio, 1 / ratio),
    limit: plan.business.alertRateRatioMax,
    certain: sharesDiffer([ours, theirs], candidate, baseline),
  };
}

function approvalDrop({ candidate, baseline }: Measurement, plan: RolloutPlan): Reading {
  return {
    seen: baseline.approvals / baseline.decisions - candidate.approvals / candidate.decisions,
    limit: plan.business.approvalRateDropMax,
    certain: sharesDiffer([candidate.approvals, baseline.approvals], candidate, baseline),
  };
}

/** Null until enough fraud is known: labels come after days and weeks. */
function fraudValueExcess({ candidate, baseline }: Measurement, plan: RolloutPlan): Reading | null {
  const { fraudPaymentsMin, fraudValueExcessMax } = plan.business;
  if (candidate.fraudPayments < fraudPaymentsMin || baseline.throughMinor === 0) return null;
  const [ours, theirs] = [candidate, baseline].map(
    (side) => (BASIS_POINTS * side.fraudMinor) / side.throughMinor,
  );
  const counts = [candidate.fraudPayments, baseline.fraudPayments] as const;
  return {
    seen: (ours ?? Number.NaN) - (theirs ?? Number.NaN),
    limit: fraudValueExcessMax,
    certain: sharesDiffer(counts, candidate, baseline),
  };
}

/** The two-sample test of shares with the pooled variance. */
function sharesDiffer(
  [ours, theirs]: readonly [number, number],
  candidate: SideMeasurement,
  baseline: SideMeasurement,
): boolean {
  const pooled = (ours + theirs) / (candidate.decisions + baseline.decisions);
  const variance = pooled * (1 - pooled) * (1 / candidate.decisions + 1 / baseline.decisions);
  const difference = Math.abs(ours / candidate.decisions - theirs / baseline.decisions);
  return difference > STANDARD_ERRORS_MIN * Math.sqrt(variance);
}

function toFinding(guardrail: GuardrailId, reading: Reading | null): GuardrailFinding {
  if (reading === null || Number.isNaN(reading.seen)) {
    const sentence = `${words[guardrail]}: not enough data`;
    return { guardrail, status: 'no_data', seen: null, limit: null, sentence };
  }
  const { seen, limit, certain } = reading;
  const figures = `${words[guardrail]} ${text(seen)}, accepted up to ${text(limit)}`;
  if (seen <= limit) return { guardrail, status: 'ok', seen, limit, sentence: figures };
  return certain
    ? { guardrail, status: 'breach', seen, limit, sentence: figures }
    : { guardrail, status: 'unclear', seen, limit, sentence: `${figures}; it could be chance` };
}

const words: Readonly<Record<GuardrailId, string>> = {
  error_share: 'share of errors',
  degraded_share: 'degraded share',
  p99: 'p99 in ms',
  nan_share: 'share of scores that are no number',
  score_shift: 'score shift (population stability index)',
  alert_rate: 'ratio of alert rates',
  approval_rate: 'approval rate below the baseline',
  fraud_value: 'fraud value above the baseline in basis points',
};

function text(value: number): string {
  return String(Number(value.toPrecision(3)));
}
