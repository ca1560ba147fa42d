import type { SignalRecord } from '#contracts/signals.js';
import { decide, type ScoreThresholds, type Verdict } from '#decision/decide.js';
import { degrade, type Degradation } from '#decision/degradation.js';
import { slots } from '#features/transaction-slots.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import type { RuleEvaluation } from '#rules/rule-evaluation.js';

export interface JudgeInput {
  /** Null when no model answered. */
  readonly probability: number | null;
  readonly degradation: Degradation;
  readonly transactionId: string;
  /** The slot of `score` in the record: last in the schema. */
  readonly scoreSlot: number;
  /** In place of those of the transaction's segment; null or none: the ruleset's own. */
  readonly thresholds?: ScoreThresholds | null;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Null when the rules failed as a whole. */
  readonly evaluation: RuleEvaluation | null;
  readonly degradation: Degradation;
}

/**
 * Rules and policy over a record whose features are filled in: the same for live traffic, replays
 * and recomputing. Pure but for the record's score, which it sets.
 */
export function judge(
  ruleset: CompiledRuleset,
  record: SignalRecord,
  input: JudgeInput,
): Judgement {
  record.numbers[input.scoreSlot] = input.probability ?? Number.NaN;
  const evaluation = evaluateRules(ruleset, record, input.transactionId);
  const degradation =
    evaluation === null
      ? degrade(input.degradation, 'static_policy', 'RULES_FAILED')
      : input.degradation;
  const { probability, thresholds = null } = input;
  const basis = { evaluation, probability, degradation, thresholds };
  return { verdict: applyPolicy(ruleset, record, basis), evaluation, degradation };
}

/** What a policy is applied to. */
export interface PolicyBasis {
  readonly evaluation: RuleEvaluation | null;
  readonly probability: number | null;
  readonly degradation: Degradation;
  readonly thresholds?: ScoreThresholds | null;
}

/** The verdict on rules evaluated already. */
export function applyPolicy(
  { policy }: CompiledRuleset,
  record: SignalRecord,
  { evaluation, probability, degradation, thresholds }: PolicyBasis,
): Verdict {
  const currency = record.strings[slots.currency] ?? null;
  return decide({
    probability: evaluation === null ? null : probability,
    rules: evaluation === null ? null : appliedRules(evaluation),
    thresholds: thresholds ?? policy.segmentOf(record),
    standIn: policy.standIn(currency, record.numbers[slots.amount] ?? Number.NaN),
    degradation,
  });
}

function appliedRules({ hits, scoreDelta }: RuleEvaluation) {
  const applied = hits.filter((hit) => hit.applied);
  return {
    scoreDelta,
    hits: applied.map(({ rule, action }) => ({
      ruleId: rule.id,
      action,
      reason: rule.reason,
      byList: rule.byList,
    })),
  };
}

/**
 * Single rules that fail are reported in the evaluation; this catches what should not be possible.
 */
function evaluateRules(
  ruleset: CompiledRuleset,
  record: SignalRecord,
  transactionId: string,
): RuleEvaluation | null {
  try {
    return ruleset.evaluate(record, transactionId);
  } catch {
    return null; // Told by the degradation: RULES_FAILED, in the reply and in a counter.
  }
}
