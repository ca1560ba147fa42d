import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ShadowRecord } from '#contracts/journal-record.js';
import { degrade } from '#decision/degradation.js';
import { judge } from '#engine/judge.js';
import type { Journal } from '#journal/journal.js';
import type { Clock } from '#telemetry/clock.js';
import type { Metrics } from '#telemetry/metrics.js';
import type { Decided, InProgress } from '../decisions/progress.js';
import { scoreTransaction, type Scored } from '../decisions/score-transaction.js';
import type { ActiveShadow, Deciders } from '../traffic/route.js';

/** Decisions that wait to be judged again; a longer queue would only be staler. */
const QUEUE_MAX = 256;
/** Nobody waits, so a slow model may be slow, which is seen; one that hangs is given up. */
const SCORE_MS_MAX = 1_000;
/** Above this the event loop has too much to do for what nobody waits for. */
const LOOP_DELAY_MS_MAX = 20;

export interface ShadowLaneOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly scoreSlot: number;
  /** Delay of the event loop, ms. */
  readonly loopDelayMs: () => number;
}

interface Waiting {
  readonly progress: InProgress;
  readonly decided: Decided;
}

type Shadowed = ShadowRecord['shadows'][number];

/**
 * Judges decisions again by the plan's shadows, after the reply: one at a time, behind everything
 * else the event loop has to do. Under load it is the first to go, and what it dropped is counted.
 */
export class ShadowLane {
  private readonly queue: Waiting[] = [];
  private draining: Promise<void> | null = null;
  private isClosed = false;

  constructor(private readonly options: ShadowLaneOptions) {}

  get size(): number {
    return this.queue.length;
  }

  /** Takes a decision that was answered, where there is anything to compare it with. */
  offer(progress: InProgress, decided: Decided): void {
    if (progress.traffic.shadows.length === 0 || this.isClosed) return;
    if (this.queue.length >= QUEUE_MAX) {
      this.options.metrics.shadowDropped('queue_full');
      return;
    }
    this.queue.push({ progress, decided });
    this.draining ??= this.drain();
  }

  /** Finishes the one in hand; the others are dropped, and counted. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const _ of this.queue.splice(0)) this.options.metrics.shadowDropped('shutdown');
    await this.draining;
  }

  private async drain(): Promise<void> {
    const { loopDelayMs, metrics } = this.options;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      // Whatever came meanwhile goes first.
      await nextTurn();
      if (loopDelayMs() > LOOP_DELAY_MS_MAX) metrics.shadowDropped('busy');
      else await this.judgeAgain(next);
    }
    this.draining = null;
  }

  private async judgeAgain({ progress, decided }: Waiting): Promise<void> {
    const { journal, metrics } = this.options;
    const shadows: Shadowed[] = [];
    for (const shadow of progress.traffic.shadows) {
      shadows.push(await this.judgeBy(shadow, progress, decided));
    }
    const record: ShadowRecord = {
      v: 1,
      decision_id: decided.reply.decision_id,
      created_at_ms: Date.parse(decided.reply.created_at),
      shadows,
    };
    try {
      await journal.append('shadow', JSON.stringify(record));
      metrics.shadowJudged.inc();
    } catch {
      metrics.shadowDropped('journal'); // The journal has said why, in the log and its own counter.
    }
  }

  private async judgeBy(
    { shadowId, variant, deciders: choose }: ActiveShadow,
    { prepared, request }: InProgress,
    decided: Decided,
  ): Promise<Shadowed> {
    const { clock, scoreSlot } = this.options;
    const deciders = choose();
    const startedMs = clock.monotonicMs();
    const scored = await this.score(deciders, prepared.record, decided);
    const scoredMs = clock.monotonicMs();
    const { cause, model, probability } = scored;
    const { stateDegradation } = decided;
    const { verdict } = judge(deciders.policy.ruleset, prepared.record, {
      probability,
      degradation:
        cause === null ? stateDegradation : degrade(stateDegradation, 'rules_only', cause),
      transactionId: request.transaction_id,
      scoreSlot,
      thresholds: deciders.thresholds,
    });
    return {
      shadow_id: shadowId,
      variant,
      model: model === null ? null : `${model.id}/${model.version}`,
      probability,
      risk_score: verdict.riskScore,
      decision: verdict.decision,
      failure: cause,
      model_ms: scoredMs - startedMs,
      rules_ms: clock.monotonicMs() - scoredMs,
    };
  }

  /** A shadow that has the same model has the same score. */
  private score(
    { models }: Deciders,
    record: InProgress['prepared']['record'],
    { route, scored }: Decided,
  ): Promise<Scored> {
    if (models === route.models && scored.cause === null) return Promise.resolve(scored);
    const nowMs = this.options.clock.monotonicMs();
    return scoreTransaction(models, record, { nowMs, deadlineMs: nowMs + SCORE_MS_MAX });
  }
}
