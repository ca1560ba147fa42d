import type { SignalRecord } from '#contracts/signals.js';
import { decide, type AppliedHit } from '#decision/decide.js';
import { notDegraded } from '#decision/degradation.js';
import { slots } from '#features/transaction-slots.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';

/** A payment with its features, waiting for its score. */
export interface Prepared {
  readonly item: HistoryItem;
  readonly record: SignalRecord;
}

export interface Scored {
  readonly probability: number | null;
  readonly scoreSlot: number;
}

/** What rules and policy make of one payment and its score: the composition of the decision API. */
export function decideOffline(rules: CompiledRuleset, prepared: Prepared, scored: Scored): Decided {
  const { record, item } = prepared;
  const { amount } = item.request;
  record.numbers[scored.scoreSlot] = scored.probability ?? Number.NaN;
  const evaluation = rules.evaluate(record, item.request.transaction_id);
  const hits = evaluation.hits
    .filter((hit) => hit.applied)
    .map(({ rule, action }): AppliedHit => ({
      ruleId: rule.id,
      action,
      reason: rule.reason ?? rule.id,
      byList: rule.byList,
    }));
  const fallback = rules.policy.standIn(
    amount.currency,
    record.numbers[slots.amount] ?? Number.NaN,
  );
  const verdict = decide({
    probability: scored.probability,
    rules: { hits, scoreDelta: evaluation.scoreDelta },
    thresholds: rules.policy.segmentOf(record),
    standIn: fallback,
    degradation: notDegraded,
  });
  return {
    decision: verdict.decision,
    probability: scored.probability,
    riskScore: verdict.riskScore,
    rules: evaluation.hits.map((hit) => (hit.applied ? hit.rule.id : `${hit.rule.id}?`)),
    rulePoints: evaluation.scoreDelta,
    degraded: 'none',
    features: [],
  };
}
