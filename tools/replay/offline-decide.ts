import type { SignalRecord } from '#contracts/signals.js';
import { notDegraded } from '#decision/degradation.js';
import { judge } from '#engine/judge.js';
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

/** What rules and policy make of one payment and its score: the engine's own judgement. */
export function decideOffline(rules: CompiledRuleset, prepared: Prepared, scored: Scored): Decided {
  const { probability, scoreSlot } = scored;
  const { verdict, evaluation, degradation } = judge(rules, prepared.record, {
    probability,
    scoreSlot,
    degradation: notDegraded,
    transactionId: prepared.item.request.transaction_id,
  });
  const hits = evaluation?.hits ?? [];
  return {
    decision: verdict.decision,
    probability,
    riskScore: verdict.riskScore,
    rules: hits.map((hit) => (hit.applied ? hit.rule.id : `${hit.rule.id}?`)),
    rulePoints: evaluation?.scoreDelta ?? 0,
    degraded: degradation.level,
    features: [],
  };
}
