import { build, type Histogram } from 'hdr-histogram-js';
import { DecisionReply, type Decision } from '#contracts/decision-reply.js';
import { Receipt, type OutcomeRequest } from '#contracts/outcome-request.js';
import type { ApiClient } from '../cli/api-client.js';
import type { Decided } from './decided.js';
import { decisionEntry, type ExchangeLog } from './exchange-log.js';
import { entityKeys, EntityLanes } from './entity-lanes.js';
import type { HistoryItem } from './history-item.js';
import type { DueLabel, LabelSchedule } from './label-schedule.js';
import { Pacer } from './pacer.js';
import type { History } from './read-history.js';
import { UserError } from '../cli/user-error.js';
import type { ReplayRecorder } from './replay-recorder.js';
import { SpanCursor, type ReplaySpan } from './replay-span.js';
import { columnsOfReply } from './signal-columns.js';

/**
 * An open loop that is this far behind has found the limit of the service; more would only fill
 * memory.
 */
const IN_FLIGHT_MAX = 4_096;
const LATENCY_US_MAX = 60_000_000;
/** Answers are taken over in small groups, so that the requests between them leave on time. */
const COLLECT_EVERY = 64;
/** Enough that both sides have compiled their code, which a rate would not wait for. */
const WAKING_REQUESTS = 400;
const WAKING_CONCURRENCY = 4;

export interface HttpReplayOptions {
  readonly history: History;
  readonly labels: LabelSchedule;
  readonly client: ApiClient;
  readonly recorder: ReplayRecorder;
  /** Null: what is answered and told is not kept. */
  readonly log: ExchangeLog | null;
  /** Whether the API is told what became of payments that it let through. */
  readonly tellsOutcomes: boolean;
  readonly span: ReplaySpan;
  /** Features to ask for; null: none. */
  readonly featureNames: readonly string[] | null;
  /** Request paths of the entities: payments that share one are sent in order. */
  readonly entityPaths: readonly string[];
  readonly rate: number | null;
  /** Without a rate: requests in flight at once. */
  readonly concurrency: number;
  readonly stop: AbortSignal;
}

interface Pending {
  readonly item: HistoryItem;
  decided: Decided | null;
}

/**
 * Sends a history through the HTTP API, in order where order matters, and collects the answers in
 * its order.
 */
export class HttpReplay {
  readonly latenciesUs: Histogram = build({
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: 3,
  });
  private readonly lanes = new EntityLanes();
  private readonly pacer: Pacer;
  private pending: Pending[] = [];
  private failure: Error | null = null;
  private clockMs = Number.NEGATIVE_INFINITY;
  private hasBegun = false;

  constructor(private readonly options: HttpReplayOptions) {
    this.pacer = new Pacer(options.rate);
  }

  /** @returns Whether it came to the end. */
  async run(): Promise<boolean> {
    const { history, stop, span } = this.options;
    const cursor = new SpanCursor(span);
    let after = false;
    for await (const items of history.batches()) {
      for (const item of items) {
        const place = cursor.place(item);
        after = place === 'after';
        if (after || stop.aborted) break;
        this.clockMs = Math.max(this.clockMs, item.timeMs);
        if (place === 'inside') await this.replay(item);
        else this.skip(item);
        if (this.pending.length % COLLECT_EVERY === COLLECT_EVERY - 1) await this.collect();
      }
      await this.collect();
      if (after || stop.aborted) break;
    }
    await this.lanes.idle();
    await this.collect();
    return !stop.aborted;
  }

  /**
   * Its labels that are known by now were delivered by an earlier run or by the warm-up; later ones
   * are due here.
   */
  private skip(item: HistoryItem): void {
    for (const label of this.options.labels.due(this.clockMs)) void label;
    this.options.labels.add(item, this.keysOf(item));
  }

  private async replay(item: HistoryItem): Promise<void> {
    const { labels, rate, concurrency } = this.options;
    if (!this.hasBegun) await this.begin(item);
    const keys = this.keysOf(item);
    for (const label of labels.due(this.clockMs)) await this.deliver(label);
    labels.add(item, keys);
    const dueMs = await this.pacer.turn();
    const limit = rate === null ? concurrency : IN_FLIGHT_MAX;
    while (this.lanes.size >= limit) await this.lanes.next();
    const entry: Pending = { item, decided: null };
    this.pending.push(entry);
    this.watch(this.lanes.run(keys, () => this.decide(entry, dueMs)));
  }

  private async begin(first: HistoryItem): Promise<void> {
    this.hasBegun = true;
    await this.rehearse(first);
    if (this.options.rate !== null) await this.wake(first);
    this.options.recorder.begin();
  }

  /** Leaves no trace: what is wrong with every reply is told before the first row is done. */
  private async rehearse({ request }: HistoryItem): Promise<void> {
    const include = this.options.featureNames === null ? [] : ['features'];
    const body = { ...request, options: { dry_run: true, include } };
    replyOf(await this.options.client.post('/v1/decisions', body));
  }

  /**
   * A service that has just started would answer the first of a paced replay late, and thus on less
   * than everything.
   */
  private async wake(first: HistoryItem): Promise<void> {
    for (let sent = 0; sent < WAKING_REQUESTS; sent += WAKING_CONCURRENCY) {
      await Promise.all(Array.from({ length: WAKING_CONCURRENCY }, () => this.rehearse(first)));
    }
  }

  private async deliver({ request, keys }: DueLabel): Promise<void> {
    const post = async (): Promise<void> => {
      const text = await this.options.client.post('/v1/labels', request);
      if (this.options.log === null) return;
      await this.options.log.write({ type: 'label', id: receiptId(text), label: request });
    };
    if (keys !== null) {
      this.watch(this.lanes.run(keys, post));
      return;
    }
    // Whose payment it is about is not known here: it waits for all before it, and all after it
    // wait.
    await this.lanes.idle();
    await post();
  }

  private async decide(entry: Pending, dueMs: number): Promise<void> {
    const { client, featureNames } = this.options;
    const body =
      featureNames === null
        ? entry.item.request
        : { ...entry.item.request, options: { dry_run: false, include: ['features'] } };
    const text = await client.post('/v1/decisions', body);
    const latencyUs = Math.round((performance.now() - dueMs) * 1000);
    this.latenciesUs.recordValue(Math.min(LATENCY_US_MAX, Math.max(1, latencyUs)));
    const reply = replyOf(text);
    entry.decided = decidedOf(reply, featureNames);
    await this.options.log?.write(decisionEntry(reply, entry.item.timeMs));
    if (this.options.tellsOutcomes) await this.tellOutcome(entry.item, reply);
  }

  /** What would have become of it: fraudsters fail challenges, and nobody else does. */
  private async tellOutcome(item: HistoryItem, reply: DecisionReply): Promise<void> {
    const { client, labels, log } = this.options;
    const result = outcomeOf(reply.decision, labels.truthOf(item) === true);
    if (result === null) return;
    const outcome = { outcome: result, occurred_at: new Date(item.timeMs).toISOString() };
    const { decision_id: decisionId } = reply;
    const text = await client.post(`/v1/decisions/${decisionId}/outcome`, outcome);
    const id = log === null ? '' : receiptId(text);
    await log?.write({ type: 'outcome', id, decision_id: decisionId, outcome });
  }

  /** A failure stops the replay at its next step. */
  private watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  /**
   * Hands on the answers that are complete from the front, and pauses for progress and checkpoints.
   */
  private async collect(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const { recorder, labels } = this.options;
    const open = this.pending.findIndex(({ decided }) => decided === null);
    const done = open < 0 ? this.pending : this.pending.slice(0, open);
    this.pending = open < 0 ? [] : this.pending.slice(open);
    for (const { item, decided } of done) {
      if (decided === null) continue;
      const full = recorder.take(item, decided, labels.truthOf(item));
      if (full !== undefined) await full;
    }
    await recorder.pause(this.clockMs);
  }

  private keysOf(item: HistoryItem): readonly string[] {
    return entityKeys(item.request, this.options.entityPaths);
  }
}

function outcomeOf(decision: Decision, isFraud: boolean): OutcomeRequest['outcome'] | null {
  if (decision === 'approve') return 'authorized';
  if (decision !== 'challenge') return null;
  return isFraud ? 'challenge_failed' : 'challenge_passed';
}

function receiptId(text: string): string {
  return Receipt.parse(JSON.parse(text)).id;
}

function replyOf(text: string): DecisionReply {
  const parsed = DecisionReply.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const problem = `the reply is not one of this version: ${issue?.path.join('.')} ${issue?.message}`;
    throw new UserError(problem, 'use the replay of the version that runs');
  }
  const moved = parsed.data.warnings.find(({ field }) => field === 'event_time');
  if (moved !== undefined) {
    throw new UserError(
      `the service does not take the times of this history: ${moved.message}`,
      'give a key with the scope replay',
    );
  }
  return parsed.data;
}

function decidedOf(reply: DecisionReply, featureNames: readonly string[] | null): Decided {
  const hits = reply.rules.filter(({ outcome }) => outcome === 'hit' || outcome === 'unknown');
  const points = hits.reduce(
    (sum, { applied, score_delta: delta = 0 }) => sum + (applied ? delta : 0),
    0,
  );
  return {
    decision: reply.decision,
    probability: reply.fraud_probability,
    riskScore: reply.risk_score,
    rules: hits.map(({ id, applied }) => (applied ? id : `${id}?`)),
    rulePoints: points,
    degraded: reply.degraded.level,
    features: featureNames === null ? [] : columnsOfReply(reply.features ?? {}, featureNames),
  };
}
