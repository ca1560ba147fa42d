import type { RuleAction } from '#contracts/decision-reply.js';
import type { ExpressionTrace } from '#expression/trace.js';

import type { RuleMode, UnknownPolicy } from './ruleset.js';

/** The modes of rules that are evaluated at all. */
export type LiveMode = Exclude<RuleMode, 'draft' | 'paused'>;

/** What is fixed about a rule; one object per rule, shared by all hits. */
export interface RuleInfo {
  readonly id: string;
  readonly name: string;
  readonly action: RuleAction;
  /** A reason code of the ruleset; null for rules that only tag or score. */
  readonly reason: string | null;
  readonly mode: LiveMode;
  readonly rolloutPercent: number;
  readonly onUnknown: UnknownPolicy;
  readonly scoreDelta: number;
  readonly tags: readonly string[];
  readonly table: string | null;
  /** Whether its condition asks a list, which a reason then names as its source. */
  readonly byList: boolean;
}

/** A rule whose condition was true for one transaction, or unknown where the rule acts on that. */
export interface RuleHit {
  readonly rule: RuleInfo;
  readonly outcome: 'hit' | 'unknown';
  /** The rule's action, or `review` where its condition was unknown and the rule says so. */
  readonly action: RuleAction;
  /** False for shadow rules and outside a rollout: recorded, without effect. */
  readonly applied: boolean;
}

export interface RuleFailure {
  readonly ruleId: string;
  readonly message: string;
}

/** What all rules said about one transaction. */
export interface RuleEvaluation {
  /** In the order of the ruleset, those without effect included. */
  readonly hits: readonly RuleHit[];
  /** Sum of the applied hits' risk points. */
  readonly scoreDelta: number;
  /** Of the applied hits, each once. */
  readonly tags: readonly string[];
  /** Rules whose condition was unknown, acted upon or not. */
  readonly unknownCount: number;
  /** Rules that failed: they had no effect. */
  readonly failures: readonly RuleFailure[];
}

/** Why one rule came out as it did. */
export interface RuleTrace {
  readonly rule: RuleInfo;
  readonly outcome: 'hit' | 'no_hit' | 'unknown' | 'error';
  readonly applied: boolean;
  /** For a row of a `first` table: an earlier row had hit, so this one was not asked. */
  readonly shadowedByTable: boolean;
  readonly trace: ExpressionTrace;
}
