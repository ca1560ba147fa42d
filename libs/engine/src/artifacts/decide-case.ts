import type { Decision } from '#contracts/decision-reply.js';
import { decide, type AppliedHit } from '#decision/decide.js';
import { notDegraded } from '#decision/degradation.js';
import { slots } from '#features/transaction-slots.js';
import type { CaseSubject } from '#rules/run-cases.js';

/** Decides a case of a ruleset as the service decides a transaction with these signals. */
export function decideCase({ compiled, record, evaluation, score }: CaseSubject): Decision {
  const { policy } = compiled;
  const hits = evaluation.hits
    .filter((hit) => hit.applied)
    .map(({ rule, action }): AppliedHit => ({
      ruleId: rule.id,
      action,
      reason: rule.reason ?? rule.id,
      byList: rule.byList,
    }));
  const fallback = policy.standIn(
    record.strings[slots.currency] ?? null,
    record.numbers[slots.amount] ?? Number.NaN,
  );
  const verdict = decide({
    probability: score,
    rules: { hits, scoreDelta: evaluation.scoreDelta },
    thresholds: policy.segmentOf(record),
    // The policy has chosen by the amount already; the core takes the choice as a limit.
    standIn:
      fallback === 'approve'
        ? { approveUpToMinor: Number.POSITIVE_INFINITY, above: 'review' }
        : { approveUpToMinor: -1, above: fallback },
    amountMinor: 0,
    degradation: notDegraded,
  });
  return verdict.decision;
}
