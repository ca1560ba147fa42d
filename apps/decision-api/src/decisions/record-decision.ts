import { AppError } from '#contracts/app-error.js';
import type { TrafficRecord } from '#contracts/journal-record.js';
import { decisionRecordJson } from '#engine/decision-record-json.js';
import type { Judgement } from '#engine/judge.js';
import type { IdempotencyClaim } from '#features/feature-store.js';
import type { DecisionParts } from './decision-parts.js';
import type { Decided, InProgress } from './progress.js';

/** A decision that only its record keeps from being answered. */
export interface Answerable {
  readonly decided: Decided;
  /** The reply as it will be sent. */
  readonly replyJson: string;
  readonly claim: IdempotencyClaim;
}

/**
 * Writes a decision to the journal, before it is answered: an answer without a record could be
 * given twice, and differently.
 *
 * @returns The record's sequence in the journal.
 * @throws AppError DECISION_NOT_RECORDED; the claim is given up, so that a retry need not wait.
 */
export async function recordDecision(
  { journal, metrics, plan, store, tally }: DecisionParts,
  progress: InProgress,
  { decided, replyJson, claim }: Answerable,
): Promise<number> {
  const { context, prepared, timer } = progress;
  const { degradation, judgement, route, scored } = decided;
  const { model, probability } = scored;
  const text = decisionRecordJson({
    api_key_id: context.apiKeyId,
    claim_key: context.claimKey,
    body_hash: context.bodyHash,
    event_time_ms: prepared.eventTimeMs,
    received_at_ms: progress.receivedAtMs,
    versions: {
      feature_set: plan.version,
      ruleset: route.policy.version,
      model: model === null ? null : `${model.id}/${model.version}`,
    },
    record: prepared.record,
    probability,
    degradation: { level: degradation.level, causes: [...degradation.causes] },
    shadow_rules: shadowHits(judgement),
    ...trafficOf(progress, decided),
    replyJson,
  });
  try {
    const position = await journal.append('decision', text);
    tally.count(Date.parse(decided.reply.created_at));
    timer.end('journal');
    return position.sequence;
  } catch (cause) {
    store.release(claim).catch(() => metrics.featureStoreError('unavailable'));
    throw new AppError('DECISION_NOT_RECORDED', { retryAfterSeconds: 1, cause });
  }
}

/** Nothing where nothing was published: most installations then store nothing more. */
function trafficOf(
  { traffic }: InProgress,
  { route, exploration }: Decided,
): { readonly traffic?: TrafficRecord } {
  if (traffic.version === null) return {};
  return {
    traffic: {
      version: traffic.version,
      assignments: [...route.assignments],
      thresholds: route.thresholds,
      exploration:
        exploration === null
          ? null
          : { let_through: exploration.letThrough, propensity: exploration.propensity },
      demoted_rules: [...traffic.demotedRules],
    },
  };
}

function shadowHits(judgement: Judgement): string[] {
  const hits = judgement.evaluation?.hits ?? [];
  return hits.filter((hit) => hit.rule.mode === 'shadow').map((hit) => hit.rule.id);
}
