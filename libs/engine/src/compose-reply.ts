import {
  degradationCauses,
  type DecisionReply,
  type Reason,
  type RuleResult,
} from '#contracts/decision-reply.js';
import type { DecisionRequest } from '#contracts/decision-request.js';
import { fallbackReason, fallbackReasonCode, type ReasonText } from '#contracts/reason-codes.js';
import { isTextType, type SignalRecord } from '#contracts/signals.js';
import type { ReasonRef } from '#decision/decide.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { RuleHit, RuleTrace } from '#rules/rule-evaluation.js';
import type { Judgement } from './judge.js';
import type { PolicySnapshot } from './policy-snapshot.js';
import type { PreparedTransaction } from './prepare.js';

export type ReplyModel = DecisionReply['model'];
/** One arm of the record's assignments. */
interface ReplyArm {
  readonly experiment_id: string;
  readonly arm_id: string;
}

export interface ReplyInput {
  readonly request: DecisionRequest;
  readonly prepared: PreparedTransaction;
  readonly plan: FeaturePlan;
  readonly policy: PolicySnapshot;
  readonly judgement: Judgement;
  readonly probability: number | null;
  readonly model: ReplyModel;
  /** The arms that decided; none where nothing is tried or rolled out. */
  readonly assignments?: readonly ReplyArm[];
  readonly modelReasons: readonly Reason[];
  readonly decisionId: string;
  readonly createdAtMs: number;
  readonly timings: DecisionReply['timings'];
}

const fallbackTexts: ReadonlyMap<string, ReasonText> = new Map(
  degradationCauses.map((cause) => [fallbackReasonCode(cause), fallbackReason(cause)]),
);

/** Words a judgement for the caller. */
export function composeReply(input: ReplyInput): DecisionReply {
  const { request, judgement, policy } = input;
  const { verdict, evaluation, degradation } = judgement;
  const { decision } = verdict;
  const include = request.options?.include ?? [];
  const { challengeMethod, reviewHold } = policy.ruleset.policy;
  return {
    decision_id: input.decisionId,
    transaction_id: request.transaction_id,
    decision,
    ...(decision === 'challenge' ? { challenge: { method: challengeMethod } } : {}),
    ...(decision === 'review' ? { review: { hold: reviewHold } } : {}),
    risk_score: verdict.riskScore,
    fraud_probability: input.probability,
    risk_level: verdict.riskLevel,
    reasons: [
      ...verdict.reasons.map((reason) => wordReason(reason, policy)),
      ...input.modelReasons,
    ],
    rules: ruleResults(input, include.includes('rules'), include.includes('trace')),
    tags: [...(evaluation?.tags ?? [])],
    model: input.model,
    policy: { id: policy.ruleset.id, version: policy.version },
    ...experimentsOf(input.assignments),
    feature_set: { version: input.plan.version },
    ...(include.includes('features')
      ? { features: featuresOf(input.plan, input.prepared.record) }
      : {}),
    degraded: {
      value: degradation.level !== 'none',
      level: degradation.level,
      causes: [...degradation.causes],
    },
    warnings: [...input.prepared.warnings],
    timings: input.timings,
    dry_run: request.options?.dry_run ?? false,
    created_at: new Date(input.createdAtMs).toISOString(),
  };
}

function experimentsOf(assignments: readonly ReplyArm[] = []): Pick<DecisionReply, 'experiments'> {
  if (assignments.length === 0) return {};
  return {
    experiments: assignments.map(({ experiment_id: id, arm_id: arm }) => ({ id, arm })),
  };
}

function wordReason(reason: ReasonRef, policy: PolicySnapshot): Reason {
  const text = policy.reasonTexts.get(reason.code) ?? fallbackTexts.get(reason.code);
  return {
    code: reason.code,
    source: reason.source,
    ...(reason.ruleId === undefined ? {} : { rule_id: reason.ruleId }),
    message: text?.message ?? reason.code,
    ...(text === undefined ? {} : { public_message: text.public_message }),
  };
}

function ruleResults(input: ReplyInput, all: boolean, traced: boolean): RuleResult[] {
  const { policy, judgement } = input;
  const traces = traced ? traceRules(input) : null;
  if (traces !== null) {
    return traces
      .filter((rule) => all || rule.applied || rule.outcome === 'hit')
      .map(({ rule, outcome, applied, trace }) => ({
        ...describeRule(rule),
        outcome,
        applied,
        trace,
      }));
  }
  const hits = judgement.evaluation?.hits ?? [];
  const failed = new Set(judgement.evaluation?.failures.map((failure) => failure.ruleId));
  if (!all) return hits.map(resultOfHit);
  const byId = new Map(hits.map((hit) => [hit.rule.id, hit]));
  return policy.ruleset.ruleInfos.map((rule) => {
    const hit = byId.get(rule.id);
    if (hit !== undefined) return resultOfHit(hit);
    const outcome = failed.has(rule.id) ? 'error' : 'no_hit';
    return { ...describeRule(rule), outcome, applied: false };
  });
}

/** Null where a rule failed: why, its counter tells; the decision stands and is answered. */
function traceRules({ policy, prepared, request }: ReplyInput): readonly RuleTrace[] | null {
  try {
    return policy.ruleset.trace(prepared.record, request.transaction_id);
  } catch {
    return null;
  }
}

function resultOfHit(hit: RuleHit): RuleResult {
  return {
    ...describeRule(hit.rule),
    action: hit.action,
    outcome: hit.outcome,
    applied: hit.applied,
  };
}

function describeRule(
  rule: RuleHit['rule'],
): Pick<RuleResult, 'id' | 'name' | 'action' | 'mode' | 'score_delta' | 'tags'> {
  return {
    id: rule.id,
    name: rule.name,
    action: rule.action,
    mode: rule.mode,
    ...(rule.scoreDelta === 0 ? {} : { score_delta: rule.scoreDelta }),
    ...(rule.tags.length === 0 ? {} : { tags: [...rule.tags] }),
  };
}

function featuresOf(
  plan: FeaturePlan,
  record: SignalRecord,
): NonNullable<DecisionReply['features']> {
  const values: NonNullable<DecisionReply['features']> = {};
  plan.schema.definitions.forEach((definition, slot) => {
    if (definition.origin !== 'feature') return;
    const number = record.numbers[slot] ?? Number.NaN;
    values[definition.name] = isTextType(definition.type)
      ? (record.strings[slot] ?? null)
      : Number.isNaN(number)
        ? null
        : number;
  });
  return values;
}
