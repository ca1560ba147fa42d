import type { SignalRecord } from '#contracts/signals.js';
import { decide, type AppliedHit, type ScoreThresholds, type Verdict } from '#decision/decide.js';
import { degrade, type Degradation } from '#decision/degradation.js';
import { slots } from '#features/transaction-slots.js';
import type { RuleEvaluation, RuleHit } from '#rules/rule-evaluation.js';
import type { PolicySnapshot } from './policy-snapshot.js';

export interface JudgeInput {
  /** Null when no model answered. */
  readonly probability: number | null;
  readonly degradation: Degradation;
  readonly transactionId: string;
  /** The slot of `score` in the record: last in the schema. */
  readonly scoreSlot: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Null when the rules failed as a whole. */
  readonly evaluation: RuleEvaluation | null;
  readonly thresholds: ScoreThresholds;
  readonly degradation: Degradation;
}

/**
 * Rules and policy over a record whose features are filled in. Pure: the same input gives the same
 * judgement.
 */
export function judge(policy: PolicySnapshot, record: SignalRecord, input: JudgeInput): Judgement {
  const { ruleset } = policy;
  record.numbers[input.scoreSlot] = input.probability ?? Number.NaN;
  const evaluation = evaluateRules(policy, record, input.transactionId);
  const degradation =
    evaluation === null
      ? degrade(input.degradation, 'static_policy', 'RULES_FAILED')
      : input.degradation;
  const thresholds = ruleset.policy.segmentOf(record);
  const currency = record.strings[slots.currency] ?? null;
  const verdict = decide({
    probability: evaluation === null ? null : input.probability,
    rules:
      evaluation === null
        ? null
        : { hits: appliedHits(evaluation.hits), scoreDelta: evaluation.scoreDelta },
    thresholds,
    standIn: ruleset.policy.standIn(currency, record.numbers[slots.amount] ?? Number.NaN),
    degradation,
  });
  return { verdict, evaluation, thresholds, degradation };
}

/**
 * Single rules that fail are reported in the evaluation; this catches what should not be possible.
 */
function evaluateRules(
  policy: PolicySnapshot,
  record: SignalRecord,
  transactionId: string,
): RuleEvaluation | null {
  try {
    return policy.ruleset.evaluate(record, transactionId);
  } catch {
    return null; // Counted by the caller, as RULES_FAILED.
  }
}

function appliedHits(hits: readonly RuleHit[]): AppliedHit[] {
  return hits
    .filter((hit) => hit.applied)
    .map(({ rule, action }) => ({
      ruleId: rule.id,
      action,
      reason: rule.reason,
      byList: rule.byList,
    }));
}
