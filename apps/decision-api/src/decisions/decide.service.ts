import type { DecisionReply } from '#contracts/decision-reply.js';
import type { DecisionRequest } from '#contracts/decision-request.js';
import { AppError } from '#contracts/app-error.js';
import { degrade, type Degradation } from '#decision/degradation.js';
import { composeReply } from '#engine/compose-reply.js';
import { makeDecisionId } from '#engine/decision-id.js';
import { decisionRecordJson } from '#engine/decision-record-json.js';
import { judge, type Judgement } from '#engine/judge.js';
import type { PolicySnapshot } from '#engine/policy-snapshot.js';
import { eventTimeOf, prepareTransaction, type PreparedTransaction } from '#engine/prepare.js';
import type { IdempotencyClaim } from '#features/feature-store.js';
import { computeFeatures } from '#features/vector.js';
import type { Deadline } from '#platform/deadline.js';
import type { RequestTrace } from '#telemetry/tracing.js';
import type { Completions } from './completions.js';
import type { DecisionParts } from './decision-parts.js';
import { gatherState, type GatheredState } from './gather-state.js';
import { explainScore, scoreTransaction, type Scored } from './score-transaction.js';
import { StageTimer } from './stage-timer.js';

/** A claim that no answer follows within this time was left by a process that died. */
const CLAIM_LEASE_MS = 1_000;
const EXPLANATION_MS_MAX = 4;
const RANDOM_TAIL_MAX = 1_024;
const METADATA = 'metadata.';

/** Who asks, and until when. */
export interface DecideContext {
  readonly apiKeyId: string;
  readonly claimKey: string;
  readonly bodyHash: string;
  /** Whether the event time may lie anywhere in the past: the scope `replay`. */
  readonly mayBackdate: boolean;
  readonly deadline: Deadline;
  readonly trace: RequestTrace | null;
}

export interface Answer {
  readonly json: string;
  readonly replayed: boolean;
  /** How long each stage took, to begin a `Server-Timing` header with; empty for a replay. */
  readonly stages: string;
}

/** One decision on its way: what the stages hand on to each other. */
interface InProgress {
  readonly request: DecisionRequest;
  readonly context: DecideContext;
  readonly policy: PolicySnapshot;
  readonly prepared: PreparedTransaction;
  readonly receivedAtMs: number;
  readonly timer: StageTimer;
}

/** The decision path: gather, score, judge, record, answer. */
export class DecideService {
  private readonly scoreSlot: number;
  private readonly metadataFields: ReadonlySet<string>;

  constructor(
    private readonly parts: DecisionParts,
    private readonly completions: Completions,
  ) {
    this.scoreSlot = parts.plan.schema.size - 1;
    this.metadataFields = new Set(parts.plan.metadata.map(({ name }) => `${METADATA}${name}`));
  }

  /**
   * @throws AppError for a key in flight, a key reused with another body, or a decision that cannot
   *   be recorded.
   */
  async decide(request: DecisionRequest, context: DecideContext): Promise<Answer> {
    if (request.options?.dry_run === true) return this.rehearse(request, context);
    const { claims, metrics } = this.parts;
    const { claimKey, bodyHash } = context;
    const local = claims.begin(claimKey, bodyHash);
    switch (local.kind) {
      case 'completed':
        metrics.idempotentReplays.inc();
        return { json: local.reply, replayed: true, stages: '' };
      case 'in_flight':
        throw inFlight();
      case 'conflict':
        throw reused();
      case 'new':
        break;
    }
    const claim = { key: claimKey, bodyHash, leaseMs: CLAIM_LEASE_MS };
    try {
      return await this.answer(this.begin(request, context), claim);
    } finally {
      // Without effect where the claim was completed.
      claims.abandon(claimKey);
    }
  }

  private begin(request: DecisionRequest, context: DecideContext): InProgress {
    const { clock, config, metrics, plan, policy, pseudonymizer } = this.parts;
    const timer = new StageTimer(clock, metrics, context.trace);
    const receivedAtMs = clock.wallMs();
    const skewMs = context.mayBackdate ? null : config.eventTimeSkewMs;
    const eventTimeMs = eventTimeOf(request, receivedAtMs, skewMs);
    const prepared = prepareTransaction(plan, pseudonymizer, request, eventTimeMs);
    timer.since('ingress', context.deadline.startedAtMs);
    return { request, context, policy: policy.current, prepared, receivedAtMs, timer };
  }

  private async answer(progress: InProgress, claim: IdempotencyClaim): Promise<Answer> {
    const { prepared, context } = progress;
    const gathered = await this.gather(progress, claim);
    switch (gathered.claim?.kind) {
      case 'completed':
        this.parts.claims.complete(claim.key, claim.bodyHash, gathered.claim.reply);
        this.parts.metrics.idempotentReplays.inc();
        return { json: gathered.claim.reply, replayed: true, stages: '' };
      case 'in_flight':
        throw inFlight();
      case 'conflict':
        throw reused();
      case 'claimed':
      case undefined:
        break;
    }
    const decided = await this.conclude(progress, gathered);
    const json = JSON.stringify(decided.reply);
    const sequence = await this.record(progress, decided, json);
    this.parts.claims.complete(claim.key, claim.bodyHash, json);
    const { idempotencyTtlSeconds: ttlSeconds } = this.parts.config;
    this.completions.add({ claim, reply: json, sequence, ttlSeconds });
    if (decided.reply.decision === 'decline') this.markDeclined(prepared);
    this.count(decided, context.deadline);
    return { json, replayed: false, stages: progress.timer.serverTiming() };
  }

  /** A dry run: decides on what is known now, and leaves no trace. */
  private async rehearse(request: DecisionRequest, context: DecideContext): Promise<Answer> {
    const progress = this.begin(request, context);
    const decided = await this.conclude(progress, await this.gather(progress, null));
    const stages = progress.timer.serverTiming();
    return { json: JSON.stringify(decided.reply), replayed: false, stages };
  }

  private async gather(
    progress: InProgress,
    claim: IdempotencyClaim | null,
  ): Promise<GatheredState> {
    const { prepared, context, receivedAtMs, timer } = progress;
    const { clock, config, metrics, store } = this.parts;
    const endsAtMs = context.deadline.stageEndsAtMs(config.latency.stateTimeoutMs);
    const request = {
      claim,
      nowMs: receivedAtMs,
      eventId: prepared.eventId,
      eventTimeMs: prepared.eventTimeMs,
      entities: prepared.entities,
      append: claim !== null,
      timeoutMs: Math.max(1, endsAtMs - clock.monotonicMs()),
    };
    const gathered = await gatherState(store, request, (kind) => metrics.featureStoreError(kind));
    timer.end('state');
    return gathered;
  }

  private async conclude(progress: InProgress, gathered: GatheredState): Promise<Decided> {
    const { prepared, policy, request, context, timer } = progress;
    const { record } = prepared;
    computeFeatures(this.parts.plan, record, gathered.states, prepared.eventTimeMs);
    timer.end('features');
    const scored = await this.score(progress);
    timer.end('model');
    const degradation =
      scored.cause === null
        ? gathered.degradation
        : degrade(gathered.degradation, 'rules_only', scored.cause);
    const judgement = judge(policy.ruleset, record, {
      probability: scored.probability,
      degradation,
      transactionId: request.transaction_id,
      scoreSlot: this.scoreSlot,
    });
    timer.end('rules');
    const modelReasons =
      judgement.verdict.decision === 'approve'
        ? []
        : await explainScore(scored, record, {
            nowMs: this.parts.clock.monotonicMs(),
            deadlineMs: context.deadline.stageEndsAtMs(EXPLANATION_MS_MAX),
          });
    const createdAtMs = this.parts.clock.wallMs();
    const reply = composeReply({
      request,
      prepared,
      policy,
      judgement,
      modelReasons,
      createdAtMs,
      plan: this.parts.plan,
      probability: scored.probability,
      model: scored.model === null ? null : { id: scored.model.id, version: scored.model.version },
      decisionId: makeDecisionId(createdAtMs, prepared.eventId, Math.random() * RANDOM_TAIL_MAX),
      timings: timer.timings(context.deadline.startedAtMs),
    });
    timer.end('policy');
    return { reply, judgement, scored, degradation: judgement.degradation };
  }

  private score({ prepared, context }: InProgress): Promise<Scored> {
    const { clock, config, models } = this.parts;
    return scoreTransaction(models, prepared.record, {
      nowMs: clock.monotonicMs(),
      deadlineMs: context.deadline.stageEndsAtMs(config.latency.modelTimeoutMs),
    });
  }

  /**
   * Nothing is answered that is not recorded: an answer without a record could be given twice, and
   * differently.
   */
  private async record(progress: InProgress, decided: Decided, json: string): Promise<number> {
    const { context, prepared, policy, timer } = progress;
    const { model, probability } = decided.scored;
    const text = decisionRecordJson({
      api_key_id: context.apiKeyId,
      claim_key: context.claimKey,
      body_hash: context.bodyHash,
      event_time_ms: prepared.eventTimeMs,
      received_at_ms: progress.receivedAtMs,
      versions: {
        feature_set: this.parts.plan.version,
        ruleset: policy.version,
        model: model === null ? null : `${model.id}/${model.version}`,
      },
      record: prepared.record,
      probability,
      degradation: {
        level: decided.degradation.level,
        causes: [...decided.degradation.causes],
      },
      shadow_rules: shadowHits(decided.judgement),
      replyJson: json,
    });
    try {
      const position = await this.parts.journal.append('decision', text);
      timer.end('journal');
      return position.sequence;
    } catch (cause) {
      // Without a release the lease would hold up the retry.
      const claim = { key: context.claimKey, bodyHash: context.bodyHash, leaseMs: CLAIM_LEASE_MS };
      this.parts.store
        .release(claim)
        .catch(() => this.parts.metrics.featureStoreError('unavailable'));
      throw new AppError('DECISION_NOT_RECORDED', { retryAfterSeconds: 1, cause });
    }
  }

  /**
   * So that later decisions see the decline in the share of declines. The reply does not wait for
   * it.
   */
  private markDeclined(prepared: PreparedTransaction): void {
    const { metrics, store } = this.parts;
    store
      .patch([{ eventId: prepared.eventId, declined: true }])
      .catch(() => metrics.featureStoreError('unavailable'));
  }

  private count({ reply, judgement, degradation }: Decided, deadline: Deadline): void {
    const { metrics } = this.parts;
    metrics.decided(reply.decision, degradation.level, deadline.elapsedMs());
    for (const cause of degradation.causes) metrics.degradedBy(cause);
    for (const hit of judgement.evaluation?.hits ?? []) metrics.ruleHit(hit.rule.id);
    for (const { ruleId } of judgement.evaluation?.failures ?? []) metrics.ruleFailed(ruleId);
    for (const { field } of reply.warnings) metrics.warning(this.countedField(field));
  }

  /** Names of undeclared metadata are the caller's own words, which no metric repeats. */
  private countedField(field: string): string {
    return field.startsWith(METADATA) && !this.metadataFields.has(field) ? 'metadata' : field;
  }
}

interface Decided {
  readonly reply: DecisionReply;
  readonly judgement: Judgement;
  readonly scored: Scored;
  readonly degradation: Degradation;
}

function shadowHits(judgement: Judgement): string[] {
  const hits = judgement.evaluation?.hits ?? [];
  return hits.filter((hit) => hit.rule.mode === 'shadow').map((hit) => hit.rule.id);
}

function inFlight(): AppError {
  return new AppError('IDEMPOTENCY_KEY_IN_FLIGHT', {
    detail: 'The first request with this key is not answered yet; ask again shortly.',
    retryAfterSeconds: 1,
  });
}

function reused(): AppError {
  return new AppError('IDEMPOTENCY_KEY_REUSED', {
    detail: 'Send the same body as the first time, or take a new key for a new transaction.',
  });
}
