import type { SignalRecord } from '#contracts/signals.js';
import type { Predicate } from '#expression/compile.js';
import { TRUE } from '#expression/truth.js';

import type { PolicyDefinition, ScoreThresholds } from './ruleset.js';

export interface Segment extends ScoreThresholds {
  readonly name: string;
}

/** The policy with its segments compiled. */
export interface CompiledPolicy {
  readonly challengeMethod: PolicyDefinition['challengeMethod'];
  readonly reviewHold: boolean;
  /** The first segment whose condition is true (unknown is not), else the last. */
  segmentOf(record: SignalRecord): Segment;
  /**
   * What to do when neither model nor rules can answer. @param amount Major units; NaN when
   * missing.
   */
  standIn(currency: string | null, amount: number): 'approve' | 'challenge' | 'review' | 'decline';
}

export function compilePolicy(
  policy: PolicyDefinition,
  conditions: readonly (Predicate | null)[],
): CompiledPolicy {
  const segments = policy.segments.map(({ name, challenge, review, decline }, index) => ({
    segment: { name, challenge, review, decline },
    condition: conditions[index] ?? null,
  }));
  const { byCurrency, otherwise } = policy.standIn;
  return {
    challengeMethod: policy.challengeMethod,
    reviewHold: policy.reviewHold,
    segmentOf: (record) =>
      segments.find(({ condition }) => condition === null || condition.evaluate(record) === TRUE)!
        .segment,
    standIn: (currency, amount) => {
      const limits = (currency === null ? undefined : byCurrency.get(currency)) ?? otherwise;
      if (amount <= limits.approveUpTo) return 'approve';
      return amount <= limits.challengeUpTo ? 'challenge' : limits.otherwise;
    },
  };
}
