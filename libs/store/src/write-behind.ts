import { setTimeout as sleep } from 'node:timers/promises';
import type { EventId } from '#features/event-id.js';
import type { EventPatch, StateRequest } from '#features/feature-store.js';
import { GrowingRing, type RingView } from '#features/ring.js';
import type { EntityEvent } from '#features/state-request.js';
import { firstOf } from './first-of.js';
import { entityKey } from './redis-keys.js';
import type { RedisCommand, RedisLink } from './redis-link.js';

/**
 * Requests whose appends failed and wait for Redis to come back; the oldest are dropped and
 * counted.
 */
export const WRITE_BEHIND_MAX = 20_000;
/** Of one entity; reads add them to what Redis holds. No window of interest counts further. */
const EVENTS_OF_ENTITY_MAX = 256;
/**
 * Small batches with pauses, 800 requests a second: decisions share the connection and the event
 * loop, and are right meanwhile. At a stop there is nobody to wait.
 */
const BATCH_REQUESTS = 4;
const PAUSE_MS = 5;
const TIMEOUT_MS = 1_000;
const RETRY_MS = 250;

interface Waiting {
  readonly request: StateRequest;
  /** Reports about the event: they find it only when it is written. */
  readonly patches: EventPatch[];
}

interface WaitingEvent {
  readonly event: EntityEvent;
  readonly id: EventId;
}

export interface WriteBehindOptions {
  readonly link: RedisLink;
  readonly commandsOf: (request: StateRequest) => readonly RedisCommand[];
  /** Called with the reports about events that have now been written. */
  readonly onWritten: (patches: readonly EventPatch[]) => void;
}

/**
 * Sends appends again that Redis did not confirm. Safe, because appending is idempotent by event
 * id: one that went through unheard changes nothing the second time.
 */
export class WriteBehind {
  dropped = 0;
  private readonly waiting = new Map<number, Waiting>();
  private readonly byEntity = new Map<string, Map<number, WaitingEvent>>();
  private timer: NodeJS.Timeout | null = null;
  private draining: Promise<void> | null = null;
  private closing = false;

  constructor(private readonly options: WriteBehindOptions) {}

  get size(): number {
    return this.waiting.size;
  }

  add(request: StateRequest): void {
    const key = keyOf(request.eventId);
    const patches = this.waiting.get(key)?.patches ?? [];
    this.remove(key);
    this.waiting.set(key, { request, patches });
    this.index(key, request);
    if (this.waiting.size > WRITE_BEHIND_MAX) {
      for (const oldest of this.waiting.keys()) {
        this.remove(oldest);
        this.dropped += 1;
        break;
      }
    }
    this.schedule();
  }

  /** The event was taken back: it must not be sent any more. */
  forget(id: EventId): void {
    this.remove(keyOf(id));
  }

  /** Keeps a report until its event is written; false when the event does not wait here. */
  patch(patch: EventPatch): boolean {
    const waiting = this.waiting.get(keyOf(patch.eventId));
    waiting?.patches.push(patch);
    return waiting !== undefined;
  }

  /**
   * A ring as it will be when what waits for it is written: a decision on what Redis holds alone
   * would count too little, and not say so.
   */
  completed(event: EntityEvent, ring: RingView): RingView {
    if (this.byEntity.size === 0) return ring;
    const events = this.byEntity.get(entityKey(event));
    if (events === undefined) return ring;
    const { entity } = event;
    const grown = GrowingRing.from(entity, ring);
    for (const waiting of events.values()) {
      const { layout } = waiting.event.entity;
      if (layout.fingerprint !== entity.layout.fingerprint) continue;
      grown.append(waiting.event.record, waiting.id);
    }
    return grown.view();
  }

  /** Sends what waits, in batches, until all went through or one did not. */
  drain(): Promise<void> {
    this.draining ??= this.drainAll().finally(() => {
      this.draining = null;
      if (this.waiting.size > 0) this.schedule();
    });
    return this.draining;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.draining;
    await this.drain();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.dropped += this.waiting.size;
  }

  private async drainAll(): Promise<void> {
    while (this.waiting.size > 0 && (await this.sendBatch())) {
      if (!this.closing) await sleep(PAUSE_MS);
    }
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.drain();
    }, RETRY_MS);
  }

  private async sendBatch(): Promise<boolean> {
    const batch = firstOf(this.waiting, BATCH_REQUESTS);
    const commands = batch.map(([, { request }]) => this.options.commandsOf(request));
    const replies = await this.options.link.execute(commands.flat(), TIMEOUT_MS);
    let at = 0;
    let allSent = true;
    batch.forEach(([key, sent], index) => {
      const own = replies.slice(at, at + commands[index]!.length);
      at += commands[index]!.length;
      if (!own.every((reply) => reply.ok)) allSent = false;
      else if (this.waiting.get(key) === sent) this.written(key, sent);
    });
    return allSent;
  }

  private written(key: number, { patches }: Waiting): void {
    this.remove(key);
    if (patches.length > 0) this.options.onWritten(patches);
  }

  private index(key: number, request: StateRequest): void {
    for (const event of request.entities) {
      if (event.entity.tiles !== null) continue;
      const name = entityKey(event);
      let events = this.byEntity.get(name);
      if (events === undefined) {
        events = new Map();
        this.byEntity.set(name, events);
      }
      events.set(key, { event, id: request.eventId });
      if (events.size > EVENTS_OF_ENTITY_MAX) {
        const [oldest] = events.keys();
        if (oldest !== undefined) events.delete(oldest);
      }
    }
  }

  private remove(key: number): void {
    const request = this.waiting.get(key)?.request;
    if (request === undefined) return;
    this.waiting.delete(key);
    for (const event of request.entities) {
      const name = entityKey(event);
      const events = this.byEntity.get(name);
      events?.delete(key);
      if (events?.size === 0) this.byEntity.delete(name);
    }
  }
}

function keyOf(id: EventId): number {
  return (id.high >>> 11) * 2 ** 32 + id.low;
}
