import type { EventId } from '#features/event-id.js';
import type {
  AnsweredClaim,
  EventPatch,
  EventReference,
  FeatureStore,
  IdempotencyClaim,
  StateReply,
  StateRequest,
  StoreCounters,
} from '#features/feature-store.js';
import type { EntityPlan } from '#features/feature-plan.js';
import { emptyRing, GrowingRing } from '#features/ring.js';
import type { EntityEvent, EntityRef } from '#features/state-request.js';
import { decodeTiles, encodeTiles } from '#features/tile-codec.js';
import { TileSet } from '#features/tile-set.js';
import type { EntityState } from '#features/vector.js';
import { ExpiringMap } from './expiring-map.js';
import { MemoryIdempotency } from './memory-idempotency.js';
import { RecentMap } from './recent-map.js';
import { flagChangeTo, tilePatchOf, withReport } from './report-flags.js';

export const MEMORY_ENTITIES_MAX = 1_000_000;
export const MEMORY_REFERENCES_MAX = 2_000_000;
export const MEMORY_IDEMPOTENCY_KEYS_MAX = 200_000;

export interface MemoryStoreOptions {
  /** Of a kind at most, and at least half of them; the least recently used go first. */
  readonly entitiesMax?: number;
  readonly referencesMax?: number;
  readonly idempotencyKeysMax?: number;
  /** The clock of leases and of the times to live, epoch ms. Windows never use it. */
  readonly now: () => number;
}

/**
 * Tiles with the last event held back: it is counted by the next read, so a read never sees its own
 * event.
 */
interface TileEntry {
  readonly tiles: TileSet;
  pending: Uint8Array | null;
}

type Entry = GrowingRing | TileEntry;

/** One for all events without a label, which are nearly all. */
const noLabels: EventReference['labels'] = [];

/**
 * Feature state of one process: for a machine without Redis, and the engine that replays history
 * offline at speed.
 *
 * Everything is lost when the process ends. The synchronous methods return live views that hold
 * until the next call; the asynchronous ones return snapshots.
 */
export class MemoryFeatureStore implements FeatureStore {
  readonly kind = 'memory';
  private readonly entities = new Map<string, ExpiringMap<string, Entry>>();
  private readonly references: RecentMap<number, EventReference>;
  private readonly idempotency: MemoryIdempotency;
  private readonly entitiesMax: number;
  private readonly now: () => number;
  private lateDropped = 0;
  private foreignStates = 0;

  constructor(options: MemoryStoreOptions) {
    this.entitiesMax = options.entitiesMax ?? MEMORY_ENTITIES_MAX;
    this.references = new RecentMap(options.referencesMax ?? MEMORY_REFERENCES_MAX);
    this.idempotency = new MemoryIdempotency(
      options.idempotencyKeysMax ?? MEMORY_IDEMPOTENCY_KEYS_MAX,
    );
    this.now = options.now;
  }

  async readAndAppend(request: StateRequest): Promise<StateReply> {
    const claim =
      request.claim === null ? null : this.idempotency.claim(request.claim, request.nowMs);
    const granted = claim === null || claim.kind === 'claimed';
    const states = request.entities.map((event) => {
      const state = this.read(event, request.nowMs);
      return state.kind === 'ring'
        ? { ...state, ring: { ...state.ring, ...copyOf(state.ring) } }
        : { ...state, tiles: decodeTiles(encodeTiles(state.tiles), state.tiles.layout).tiles };
    });
    if (request.append && granted) this.append(request);
    return { claim, states };
  }

  /**
   * Reads and appends at once, without claim: for replaying history in order.
   * @returns Views that hold until the next call.
   */
  readAndAppendNow(request: StateRequest): readonly EntityState[] {
    const states = request.entities.map((event) => this.read(event, request.nowMs));
    if (request.append) this.append(request);
    return states;
  }

  readCached(request: StateRequest): readonly (EntityState | null)[] {
    return request.entities.map((event) => this.read(event, request.nowMs));
  }

  async complete(answered: readonly AnsweredClaim[]): Promise<void> {
    for (const { claim, reply, ttlSeconds } of answered) {
      this.idempotency.complete(claim, reply, this.now() + ttlSeconds * 1_000);
    }
  }

  async release(claim: IdempotencyClaim): Promise<void> {
    this.idempotency.release(claim);
  }

  async retract(entities: readonly EntityEvent[], eventId: EventId): Promise<void> {
    for (const event of entities) {
      const entry = this.find(event);
      if (entry instanceof GrowingRing) entry.remove(eventId);
      // The event of tiles is still held back when a decision is taken back at once.
      else if (entry?.pending != null && sameBytes(entry.pending, event.record))
        entry.pending = null;
    }
    this.references.delete(referenceKey(eventId));
  }

  async patch(patches: readonly EventPatch[]): Promise<number> {
    return this.patchNow(patches);
  }

  /** Applies labels and outcomes at once; returns how many of the events were found. */
  patchNow(patches: readonly EventPatch[]): number {
    let found = 0;
    for (const patch of patches) {
      const key = referenceKey(patch.eventId);
      const reference = this.references.get(key);
      if (reference === undefined) continue;
      found += 1;
      const { flags, labels } = withReport(reference, patch);
      const change = flagChangeTo(flags);
      const tilePatch = tilePatchOf(reference.timeMs, reference.flags, flags);
      for (const ref of reference.entities) {
        const entry = this.find(ref);
        if (entry === undefined) continue;
        if (entry instanceof GrowingRing) {
          entry.patch(patch.eventId, change);
        } else if (tilePatch !== null) {
          settle(entry);
          entry.tiles.patch(tilePatch);
        }
      }
      this.references.set(key, { ...reference, flags, labels });
    }
    return found;
  }

  counters(): StoreCounters {
    return { lateDropped: this.lateDropped, foreignStates: this.foreignStates, writesDropped: 0 };
  }

  async ping(): Promise<void> {
    // It is this process: it answers as long as anything does.
  }

  async close(): Promise<void> {
    this.entities.clear();
    this.references.clear();
  }

  private read(event: EntityEvent, nowMs: number): EntityState {
    const entry = this.mapOf(event.entity).get(event.key, nowMs);
    if (entry === undefined || !this.fits(entry, event.entity)) {
      return event.entity.tiles === null
        ? { kind: 'ring', event, ring: emptyRing }
        : { kind: 'tiles', event, tiles: new TileSet(event.entity.tiles) };
    }
    if (entry instanceof GrowingRing) return { kind: 'ring', event, ring: entry.view() };
    settle(entry);
    return { kind: 'tiles', event, tiles: entry.tiles };
  }

  private append(request: StateRequest): void {
    let counted = false;
    for (const event of request.entities) {
      if (event.entity.tiles !== null) continue;
      const outcome = this.ringOf(event, request.nowMs).append(event.record, request.eventId);
      if (outcome === 'present') counted = true;
      if (outcome === 'too_late') this.lateDropped += 1;
    }
    const key = referenceKey(request.eventId);
    // Tiles know no single events: the rings, or else the reference, say whether this one was
    // counted before.
    if (counted || this.references.get(key) !== undefined) return;
    for (const event of request.entities) {
      if (event.entity.tiles !== null) this.holdBack(event, request.nowMs);
    }
    this.remember(key, request);
  }

  private remember(key: number, request: StateRequest): void {
    // Without their records, which a replay of millions would hold to its end.
    const entities: EntityRef[] = [];
    for (const { entity, key: entityKey } of request.entities) {
      if (entity.learnsLater) entities.push({ entity, key: entityKey });
    }
    if (entities.length === 0) return;
    this.references.set(key, { timeMs: request.eventTimeMs, flags: 0, labels: noLabels, entities });
  }

  private ringOf(event: EntityEvent, nowMs: number): GrowingRing {
    const map = this.mapOf(event.entity);
    const found = map.get(event.key, nowMs);
    const fits = found !== undefined && this.fits(found, event.entity);
    if (found !== undefined && !fits) this.foreignStates += 1;
    const ring = fits && found instanceof GrowingRing ? found : new GrowingRing(event.entity);
    map.set(event.key, ring, nowMs);
    return ring;
  }

  private holdBack(event: EntityEvent, nowMs: number): void {
    const map = this.mapOf(event.entity);
    const found = map.get(event.key, nowMs);
    const fits = found !== undefined && this.fits(found, event.entity);
    if (found !== undefined && !fits) this.foreignStates += 1;
    const entry: TileEntry =
      fits && !(found instanceof GrowingRing)
        ? found
        : { tiles: new TileSet(event.entity.tiles!), pending: null };
    settle(entry);
    entry.pending = event.record;
    map.set(event.key, entry, nowMs);
  }

  /** Whether an entry was written under the layout that the entity has now. */
  private fits(entry: Entry, entity: EntityPlan): boolean {
    if (entry instanceof GrowingRing) {
      return entity.tiles === null && entry.layout.fingerprint === entity.layout.fingerprint;
    }
    return entry.tiles.layout.fingerprint === entity.tiles?.fingerprint;
  }

  private find(ref: EntityRef): Entry | undefined {
    const entry = this.mapOf(ref.entity).get(ref.key, this.now());
    return entry !== undefined && this.fits(entry, ref.entity) ? entry : undefined;
  }

  private mapOf(entity: EntityPlan): ExpiringMap<string, Entry> {
    let map = this.entities.get(entity.name);
    if (map === undefined) {
      map = new ExpiringMap(this.entitiesMax, entity.horizonMs);
      this.entities.set(entity.name, map);
    }
    return map;
  }
}

function settle(entry: TileEntry): void {
  if (entry.pending === null) return;
  entry.tiles.add(entry.pending);
  entry.pending = null;
}

/**
 * 53 of the 64 bits: a number is a far cheaper key than a text; two of 2 million collide with p =
 * 2e-4.
 */
function referenceKey(id: EventId): number {
  return (id.high >>> 11) * 2 ** 32 + id.low;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function copyOf(ring: {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}): {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
} {
  const bytes = ring.bytes.slice(ring.start, ring.end);
  return { bytes, start: 0, end: bytes.length };
}
