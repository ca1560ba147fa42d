import type { EventId } from '#features/event-id.js';
import { emptyRing, GrowingRing, type RingView } from '#features/ring.js';
import type { EntityEvent } from '#features/state-request.js';
import { decodeTiles } from '#features/tile-codec.js';
import { TileSet } from '#features/tile-set.js';
import type { EntityState } from '#features/vector.js';
import { entityKey } from './redis-keys.js';

export const CACHE_BYTES_MAX = 16 * 1024 * 1024;
export const CACHE_TTL_MS = 60_000;
/** What an entry costs besides its bytes: key, objects, map slot. */
const ENTRY_OVERHEAD_BYTES = 300;
/** Local events kept per entity on top of what was read; the ring's own bound cuts further. */
const APPENDED_MAX = 256;

interface Appended {
  readonly record: Uint8Array;
  readonly id: EventId;
}

interface CacheEntry {
  /** As it was stored; null = nothing was. */
  readonly stored: Uint8Array | null;
  readonly lostUntilMs: number;
  readonly fingerprint: number;
  readonly appended: Appended[];
  readonly readAtMs: number;
  bytes: number;
}

/**
 * The states last read, for decisions while Redis is away: the most recently read, within a bound
 * of bytes and of age, with the events since appended here.
 */
export class StateCache {
  private readonly entries = new Map<string, CacheEntry>();
  private bytes = 0;

  constructor(
    private readonly bytesMax: number = CACHE_BYTES_MAX,
    private readonly ttlMs: number = CACHE_TTL_MS,
  ) {}

  /**
   * Remembers what was just read. The bytes are copied: they may be part of a larger network
   * buffer.
   */
  put(event: EntityEvent, ring: RingView | null, stored: Uint8Array | null, nowMs: number): void {
    const key = entityKey(event);
    this.drop(key);
    const source = ring === null ? stored : ring.bytes.subarray(ring.start, ring.end);
    const copy = source === null || source.length === 0 ? null : Uint8Array.from(source);
    const bytes = ENTRY_OVERHEAD_BYTES + (copy?.length ?? 0);
    const fingerprint = (event.entity.tiles ?? event.entity.layout).fingerprint;
    const lostUntilMs = ring?.lostUntilMs ?? 0;
    this.entries.set(key, {
      stored: copy,
      lostUntilMs,
      fingerprint,
      appended: [],
      readAtMs: nowMs,
      bytes,
    });
    this.bytes += bytes;
    this.makeRoom();
  }

  /** Adds an event of this process to what is remembered, if anything is. */
  append(event: EntityEvent, id: EventId): void {
    const entry = this.entries.get(entityKey(event));
    if (entry === undefined) return;
    const isKnown = entry.appended.some(
      (known) => known.id.low === id.low && known.id.high === id.high,
    );
    if (isKnown) return;
    entry.appended.push({ record: event.record, id });
    if (entry.appended.length > APPENDED_MAX) {
      entry.appended.shift();
      return;
    }
    const bytes = event.record.length + ENTRY_OVERHEAD_BYTES;
    entry.bytes += bytes;
    this.bytes += bytes;
    this.makeRoom();
  }

  /** The state of an entity as far as it is known here; null when nothing recent is. */
  get(event: EntityEvent, nowMs: number): EntityState | null {
    const { entity } = event;
    const entry = this.entries.get(entityKey(event));
    if (entry === undefined || nowMs - entry.readAtMs > this.ttlMs) return null;
    if (entry.fingerprint !== (entity.tiles ?? entity.layout).fingerprint) return null;
    if (entity.tiles !== null) {
      const tiles =
        entry.stored === null
          ? new TileSet(entity.tiles)
          : decodeTiles(entry.stored, entity.tiles).tiles;
      for (const { record } of entry.appended) {
        if (!isSame(record, event.record)) tiles.add(record);
      }
      return { kind: 'tiles', event, tiles };
    }
    const { stored, lostUntilMs } = entry;
    const view =
      stored === null ? emptyRing : { bytes: stored, start: 0, end: stored.length, lostUntilMs };
    const ring = GrowingRing.from(entity, view);
    for (const { record, id } of entry.appended) ring.append(record, id);
    return { kind: 'ring', event, ring: ring.view() };
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }

  private makeRoom(): void {
    for (const key of this.entries.keys()) {
      if (this.bytes <= this.bytesMax) return;
      this.drop(key);
    }
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
