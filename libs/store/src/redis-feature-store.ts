import type { EventId } from '#features/event-id.js';
import type {
  AnsweredClaim,
  EventPatch,
  FeatureStore,
  IdempotencyClaim,
  StateReply,
  StateRequest,
  StoreCounters,
} from '#features/feature-store.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EntityEvent } from '#features/state-request.js';
import type { EntityState } from '#features/vector.js';
import {
  claimCommand,
  completeCommand,
  referenceCommand,
  referenceDropCommand,
  releaseCommand,
  ringAppendCommand,
  ringRemoveCommand,
} from './redis-commands.js';
import { RecentMap } from './recent-map.js';
import { RedisLink, type RedisCommand, type RedisReply } from './redis-link.js';
import { ReportWriter } from './report-writer.js';
import { StateCache } from './state-cache.js';
import { stateCommands } from './state-commands.js';
import { claimOf, failureOf, readingOf, type EntityReading } from './state-reading.js';
import { TileFlusher } from './tile-flusher.js';
import { WriteBehind } from './write-behind.js';

export const STATE_TIMEOUT_MS = 12;
const OFF_PATH_TIMEOUT_MS = 1_000;
const CONNECT_WAIT_MS = 1_000;
/** Events whose tiles this process has counted, so that a retry does not count them again. */
const COUNTED_EVENTS_MAX = 40_000;

export interface RedisStoreOptions {
  /**
   * `redis://`, `rediss://` or `unix:` URL or a socket's path; a list, or commas, are the seeds of
   * a cluster.
   */
  readonly url: string | readonly string[];
  /** Names the entities that late reports are for. */
  readonly plan: FeaturePlan;
  /** How long a read on the path may take unless the request says otherwise. */
  readonly timeoutMs?: number;
}

/**
 * Feature state in Redis 7.0 or newer, a single server or a cluster; see docs/reference/features.md
 * for the keys.
 */
export class RedisFeatureStore implements FeatureStore {
  private readonly cache = new StateCache();
  private readonly flusher: TileFlusher;
  private readonly behind: WriteBehind;
  private readonly reports: ReportWriter;
  private readonly counted = new RecentMap<number, true>(COUNTED_EVENTS_MAX);
  private readonly timeoutMs: number;
  private readonly offPath = new Set<Promise<unknown>>();
  private lateDropped = 0;
  private foreignStates = 0;
  private patchesLost = 0;

  private constructor(
    private readonly link: RedisLink,
    options: RedisStoreOptions,
  ) {
    this.timeoutMs = options.timeoutMs ?? STATE_TIMEOUT_MS;
    this.flusher = new TileFlusher(link);
    this.reports = new ReportWriter(link, this.flusher, options.plan);
    this.behind = new WriteBehind({
      link,
      commandsOf: appendCommands,
      onWritten: (patches) => this.patchWritten(patches),
    });
    link.onRecovery(() => void this.behind.drain());
  }

  /**
   * Connects; a Redis that is away does not fail the start, its reads are then refused until it is
   * there.
   */
  static async connect(options: RedisStoreOptions): Promise<RedisFeatureStore> {
    const urls = typeof options.url === 'string' ? options.url.split(',') : options.url;
    const link = await RedisLink.connect({ urls: urls.map((url) => url.trim()) }, CONNECT_WAIT_MS);
    return new RedisFeatureStore(link, options);
  }

  get kind(): 'redis' | 'redis-cluster' {
    return this.link.kind;
  }

  get isReady(): boolean {
    return this.link.isReady;
  }

  /** Round trips so far, one per node and batch; for the benchmark. */
  get roundTrips(): number {
    return this.link.roundTrips;
  }

  /** Appends that wait for Redis to come back. */
  get writesWaiting(): number {
    return this.behind.size;
  }

  /** A new catalogue was published: later reports are for its entities. */
  usePlan(plan: FeaturePlan): void {
    this.reports.usePlan(plan);
  }

  async readAndAppend(request: StateRequest): Promise<StateReply> {
    const { entities, append } = request;
    const state = stateCommands(entities, append, this.kind === 'redis');
    const commands: RedisCommand[] = request.claim === null ? [] : [claimCommand(request.claim)];
    commands.push(...state.commands);
    const reference = append ? referenceCommand(request) : null;
    if (reference !== null) commands.push(reference);
    if (commands.length === 0) return { claim: null, states: [] };

    const replies = await this.link.execute(commands, request.timeoutMs ?? this.timeoutMs);
    const stateReplies = state.repliesOf(request.claim === null ? replies : replies.slice(1));
    const readings = entities.map((event, index) => this.interpret(event, stateReplies[index]!));
    const failure = failureOf(request, replies, readings);
    const claim =
      request.claim === null || failure !== null ? null : claimOf(request.claim, replies);
    if (claim !== null && claim.kind !== 'claimed') {
      this.takeBack(request, readings, replies.at(-1));
      return { claim, states: readings.map((reading) => reading.state) };
    }
    if (append) {
      this.remember(request, readings, stateReplies);
      if (replies.some((reply) => !reply.ok)) this.behind.add(request);
      this.countInTiles(request, readings, stateReplies);
    }
    if (failure !== null) throw failure;
    return { claim, states: readings.map((reading) => reading.state) };
  }

  readCached(request: StateRequest): readonly (EntityState | null)[] | null {
    const states = request.entities.map((event) => this.cache.get(event, request.nowMs));
    return states.some((state) => state !== null) ? states : null;
  }

  async complete(answered: readonly AnsweredClaim[]): Promise<void> {
    await this.run(answered.map(completeCommand));
  }

  async release(claim: IdempotencyClaim): Promise<void> {
    await this.run([releaseCommand(claim)]);
  }

  async retract(entities: readonly EntityEvent[], eventId: EventId): Promise<void> {
    this.behind.forget(eventId);
    for (const event of entities) {
      if (event.entity.tiles !== null) this.flusher.retract(event, event.record);
    }
    const rings = entities.filter((event) => event.entity.tiles === null);
    const removals = rings.map((event) => ringRemoveCommand(event, eventId));
    await this.run([...removals, referenceDropCommand(eventId)]);
  }

  async patch(patches: readonly EventPatch[]): Promise<number> {
    const now = patches.filter((patch) => !this.behind.patch(patch));
    return patches.length - now.length + (await this.reports.write(now));
  }

  counters(): StoreCounters {
    return {
      lateDropped: this.lateDropped,
      foreignStates: this.foreignStates,
      writesDropped: this.flusher.dropped + this.behind.dropped + this.patchesLost,
    };
  }

  async ping(): Promise<void> {
    await this.run([{ name: 'ping', key: '', args: [] }]);
  }

  /** Writes the tiles that wait; for shutdown and tests. */
  async flush(): Promise<void> {
    await Promise.all(this.offPath);
    await this.behind.drain();
    await this.flusher.flush();
  }

  async close(): Promise<void> {
    await Promise.all(this.offPath);
    await this.behind.close();
    await this.flusher.close();
    await this.link.close();
  }

  /** What Redis says of one entity, and what waits here to be written to it. */
  private interpret(event: EntityEvent, reply: RedisReply): EntityReading {
    const reading = readingOf(event, reply);
    if (reading.isTooLate) this.lateDropped += 1;
    if (reading.isForeign) this.foreignStates += 1;
    const { state } = reading;
    if (state?.kind !== 'ring') return reading;
    const ring = this.behind.completed(event, state.ring);
    return ring === state.ring ? reading : { ...reading, state: { ...state, ring } };
  }

  /** For when Redis is away. */
  private remember(
    request: StateRequest,
    readings: readonly EntityReading[],
    replies: readonly RedisReply[],
  ): void {
    readings.forEach(({ state }, index) => {
      const event = request.entities[index]!;
      if (state === null) {
        this.cache.append(event, request.eventId);
        return;
      }
      const reply = replies[index]!;
      const tiles = reply.ok && state.kind === 'tiles' ? (reply.value as Buffer | null) : null;
      const ring = state.kind === 'ring' ? state.ring : null;
      this.cache.put(event, request.eventId, { ring, tiles, readAtMs: request.nowMs });
    });
  }

  /**
   * Tiles know no single events: the rings, or what this process remembers, say whether this one
   * was counted.
   */
  private countInTiles(
    request: StateRequest,
    readings: readonly EntityReading[],
    replies: readonly RedisReply[],
  ): void {
    const key = (request.eventId.high >>> 11) * 2 ** 32 + request.eventId.low;
    const isCounted = this.counted.get(key) === true;
    if (isCounted || readings.some((reading) => reading.isPresent)) return;
    this.counted.set(key, true);
    request.entities.forEach((event, index) => {
      if (event.entity.tiles === null) return;
      const reply = replies[index]!;
      const stored = reply.ok ? (reply.value as Buffer | null) : undefined;
      this.flusher.add(event, event.record, stored);
    });
  }

  /**
   * The key was not ours to answer: what this request appended is taken out again, off the path.
   */
  private takeBack(
    request: StateRequest,
    readings: readonly EntityReading[],
    reference: RedisReply | undefined,
  ): void {
    const commands = request.entities
      .filter((_, index) => readings[index]!.isAppended)
      .map((event) => ringRemoveCommand(event, request.eventId));
    if (commands.length === 0) return;
    // The reference was new too, unless Redis had it already (NX answers null).
    if (reference?.ok === true && reference.value !== null) {
      commands.push(referenceDropCommand(request.eventId));
    }
    this.runOffPath(this.link.execute(commands, OFF_PATH_TIMEOUT_MS));
  }

  /** Reports that came while their events waited. */
  private patchWritten(patches: readonly EventPatch[]): void {
    const writing = this.reports.write(patches).catch(() => {
      this.patchesLost += patches.length;
    });
    this.runOffPath(writing);
  }

  private runOffPath(running: Promise<unknown>): void {
    this.offPath.add(running);
    void running.finally(() => this.offPath.delete(running));
  }

  private async run(commands: readonly RedisCommand[]): Promise<void> {
    const replies = await this.link.execute(commands, OFF_PATH_TIMEOUT_MS);
    for (const reply of replies) if (!reply.ok) throw reply.error;
  }
}

function appendCommands(request: StateRequest): readonly RedisCommand[] {
  const reference = referenceCommand(request);
  const rings = request.entities.filter((event) => event.entity.tiles === null);
  return [
    ...rings.map((event) => ringAppendCommand([event])),
    ...(reference === null ? [] : [reference]),
  ];
}
