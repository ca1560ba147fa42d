import {
  decisions,
  type Decision,
  type Reason,
  type RuleAction,
} from '#contracts/decision-reply.js';
import { fallbackReasonCode } from '#contracts/reason-codes.js';
import type { Degradation } from './degradation.js';

export const RISK_SCORE_MAX = 1000;

/** A rule that was true for this transaction and has effect: live, or inside its rollout. */
export interface AppliedHit {
  readonly ruleId: string;
  readonly action: RuleAction;
  /** Null for rules that only tag or score. */
  readonly reason: string | null;
  /** Whether the rule fired because of a list; its reason then names the list as source. */
  readonly byList: boolean;
}

/** Lower bounds on the risk score, 0 to 1000; null: this decision is never taken by score alone. */
export interface ScoreThresholds {
  readonly challenge: number | null;
  readonly review: number | null;
  readonly decline: number | null;
}

export interface DecisionInput {
  /** The model's calibrated probability, [0, 1]; null when no model could answer. */
  readonly probability: number | null;
  /** Null when the rules could not be evaluated. */
  readonly rules: { readonly hits: readonly AppliedHit[]; readonly scoreDelta: number } | null;
  readonly thresholds: ScoreThresholds;
  /** What the ruleset decides by the amount alone, for when there is no score. */
  readonly standIn: Decision;
  readonly degradation: Degradation;
}

/** A reason without its words: the edge looks those up. */
export type ReasonRef = Pick<Reason, 'code' | 'source'> & { readonly ruleId?: string };

export type RiskLevel = 'low' | 'elevated' | 'high';

export interface Verdict {
  readonly decision: Decision;
  readonly riskScore: number | null;
  readonly riskLevel: RiskLevel | null;
  /** The ones that decided come first. */
  readonly reasons: readonly ReasonRef[];
}

interface Vote {
  readonly decision: Decision;
  readonly reason: ReasonRef;
}

/**
 * Decides from a score and rule hits. An allow hit overrides everything; else the severest of all
 * votes wins, in the order decline, review, challenge, approve. The score votes by its thresholds;
 * without a score the stand-in policy votes by the amount instead, so that a missing model never
 * reads as "no risk".
 */
export function decide(input: DecisionInput): Verdict {
  const riskScore = riskScoreOf(input.probability, input.rules?.scoreDelta ?? 0);
  const hits = input.rules?.hits ?? [];
  const votes = hits.flatMap(voteOfRule);
  const baseline = riskScore === null ? voteByAmount(input) : voteByScore(riskScore, input);
  if (baseline !== null) votes.push(baseline);

  const allowed = hits.some((hit) => hit.action === 'allow');
  const decision = allowed ? 'approve' : severest(votes);
  return {
    decision,
    riskScore,
    riskLevel: riskScore === null ? null : riskLevelOf(riskScore, input.thresholds),
    reasons: [...orderReasons(votes, decision), ...fallbackReasons(input.degradation)],
  };
}

/** Probability and rule points on one scale: 0 to 1000, whole numbers. */
export function riskScoreOf(probability: number | null, scoreDelta: number): number | null {
  if (probability === null) return null;
  const score = Math.round(probability * RISK_SCORE_MAX + scoreDelta);
  return Math.min(RISK_SCORE_MAX, Math.max(0, score));
}

function voteOfRule(hit: AppliedHit): Vote[] {
  const source = hit.byList ? 'list' : 'rule';
  const reason: ReasonRef = { code: hit.reason ?? hit.ruleId, source, ruleId: hit.ruleId };
  switch (hit.action) {
    case 'allow':
      return [{ decision: 'approve', reason }];
    case 'challenge':
    case 'review':
    case 'decline':
      return [{ decision: hit.action, reason }];
    case 'tag':
      return [];
  }
}

function voteByScore(riskScore: number, input: DecisionInput): Vote | null {
  const { challenge, review, decline } = input.thresholds;
  const reached = (bound: number | null): boolean => bound !== null && riskScore >= bound;
  if (reached(decline)) return scoreVote('decline', 'SCORE_DECLINE');
  if (reached(review)) return scoreVote('review', 'SCORE_REVIEW');
  if (reached(challenge)) return scoreVote('challenge', 'SCORE_CHALLENGE');
  return null;
}

function scoreVote(decision: Decision, code: string): Vote {
  return { decision, reason: { code, source: 'policy' } };
}

function voteByAmount(input: DecisionInput): Vote {
  const code = input.standIn === 'approve' ? 'STAND_IN_APPROVE' : 'STAND_IN_ABOVE_LIMIT';
  return { decision: input.standIn, reason: { code, source: 'fallback' } };
}

function severest(votes: readonly Vote[]): Decision {
  return votes.reduce<Decision>(
    (worst, vote) =>
      decisions.indexOf(vote.decision) > decisions.indexOf(worst) ? vote.decision : worst,
    'approve',
  );
}

function orderReasons(votes: readonly Vote[], decision: Decision): ReasonRef[] {
  const deciding = votes.filter((vote) => vote.decision === decision);
  const others = votes.filter((vote) => vote.decision !== decision);
  others.sort((a, b) => decisions.indexOf(b.decision) - decisions.indexOf(a.decision));
  return [...deciding, ...others].map((vote) => vote.reason);
}

function fallbackReasons(degradation: Degradation): ReasonRef[] {
  return degradation.causes.map((cause) => ({
    code: fallbackReasonCode(cause),
    source: 'fallback',
  }));
}

function riskLevelOf(riskScore: number, thresholds: ScoreThresholds): RiskLevel {
  if (thresholds.decline !== null && riskScore >= thresholds.decline) return 'high';
  const lowest = Math.min(thresholds.challenge ?? Infinity, thresholds.review ?? Infinity);
  return riskScore >= lowest ? 'elevated' : 'low';
}
