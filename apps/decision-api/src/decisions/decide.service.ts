import type { DecisionRequest } from '#contracts/decision-request.js';
import { AppError } from '#contracts/app-error.js';
import { composeReply, type ReplyModel } from '#engine/compose-reply.js';
import { makeDecisionId } from '#engine/decision-id.js';
import { eventTimeOf, prepareTransaction, type PreparedTransaction } from '#engine/prepare.js';
import type { IdempotencyClaim } from '#features/feature-store.js';
import { computeFeatures } from '#features/vector.js';
import type { Deadline } from '#platform/deadline.js';
import { routeTransaction, type Route } from '../traffic/route.js';
import type { Completions } from './completions.js';
import type { DecisionParts } from './decision-parts.js';
import { gatherState, type GatheredState } from './gather-state.js';
import { judgeTransaction } from './judge-transaction.js';
import type { DecideContext, Decided, InProgress } from './progress.js';
import { recordDecision } from './record-decision.js';
import { explainScore, scoreTransaction, type Scored } from './score-transaction.js';
import { StageTimer } from './stage-timer.js';

/** A claim that no answer follows within this time was left by a process that died. */
const CLAIM_LEASE_MS = 1_000;
const EXPLANATION_MS_MAX = 4;
const RANDOM_TAIL_MAX = 1_024;
const METADATA = 'metadata.';

export interface Answer {
  readonly json: string;
  readonly replayed: boolean;
  /** How long each stage took, to begin a `Server-Timing` header with; empty for a replay. */
  readonly stages: string;
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
    const { clock, config, metrics, plan, pseudonymizer, traffic } = this.parts;
    const timer = new StageTimer(clock, metrics, context.trace);
    const receivedAtMs = clock.wallMs();
    const skewMs = context.mayBackdate ? null : config.eventTimeSkewMs;
    const eventTimeMs = eventTimeOf(request, receivedAtMs, skewMs);
    const prepared = prepareTransaction(plan, pseudonymizer, request, eventTimeMs);
    timer.since('ingress', context.deadline.startedAtMs);
    const { current } = traffic;
    const champion = current.champion();
    return { request, context, traffic: current, champion, prepared, receivedAtMs, timer };
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
    const sequence = await recordDecision(this.parts, progress, {
      decided,
      replyJson: json,
      claim,
    });
    this.parts.claims.complete(claim.key, claim.bodyHash, json);
    const { idempotencyTtlSeconds: ttlSeconds } = this.parts.config;
    this.completions.add({ claim, reply: json, sequence, ttlSeconds });
    if (decided.reply.decision === 'decline') this.markDeclined(prepared);
    this.count(decided, context.deadline);
    this.parts.shadows.offer(progress, decided);
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
    const { prepared, request, context, timer, traffic } = progress;
    const { record } = prepared;
    computeFeatures(this.parts.plan, record, gathered.states, prepared.eventTimeMs);
    timer.end('features');
    const { transaction_id: transactionId } = request;
    const route = routeTransaction(traffic, progress.champion, { record, transactionId });
    const scored = await this.score(progress, route);
    timer.end('model');
    const parts = { route, scored, gathered };
    const { judgement, exploration } = judgeTransaction(progress, parts, this.scoreSlot);
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
      policy: route.policy,
      judgement,
      modelReasons,
      createdAtMs,
      plan: this.parts.plan,
      probability: scored.probability,
      model: modelOf(scored, route),
      assignments: route.assignments,
      decisionId: makeDecisionId(createdAtMs, prepared.eventId, Math.random() * RANDOM_TAIL_MAX),
      timings: timer.timings(context.deadline.startedAtMs),
    });
    timer.end('policy');
    const { degradation } = judgement;
    const stateDegradation = gathered.degradation;
    return { reply, route, exploration, judgement, scored, degradation, stateDegradation };
  }

  private score({ prepared, context }: InProgress, route: Route): Promise<Scored> {
    const { clock, config } = this.parts;
    return scoreTransaction(route.models, prepared.record, {
      nowMs: clock.monotonicMs(),
      deadlineMs: context.deadline.stageEndsAtMs(config.latency.modelTimeoutMs),
    });
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

function modelOf({ model }: Scored, { role }: Route): ReplyModel {
  return model === null ? null : { id: model.id, version: model.version, role };
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
