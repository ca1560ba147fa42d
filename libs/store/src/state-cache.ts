import type { EventId } from '#features/event-id.js';
import { emptyRing, GrowingRing, type RingView } from '#features/ring.js';
import type { EntityEvent } from '#features/state-request.js';
import { decodeTiles } from '#features/tile-codec.js';
import { TileSet } from '#features/tile-set.js';
import type { EntityState } from '#features/vector.js';
import { ByteLog } from './byte-log.js';
import { entityKey } from './redis-keys.js';

export const CACHE_BYTES_MAX = 8 * 1024 * 1024;
export const CACHE_TTL_MS = 60_000;
/** Local events kept per entity on top of what was read; the ring's own bound cuts further. */
const APPENDED_MAX = 256;

/*
 * An entry, little endian:
 *   0  read at, epoch ms, double
 *   8  lost until, epoch ms, double
 *  16  fingerprint of the layout, 32 bits
 *  20  length of what was stored, 32 bits; 0 = nothing was
 *  24  events appended since, 16 bits
 *  26  what was stored, then per event: its id, high half first (2 x 32 bits), length (16), record
 */
const LOST_UNTIL_OFFSET = 8;
const FINGERPRINT_OFFSET = 16;
const LENGTH_OFFSET = 20;
const APPENDED_OFFSET = 24;
const HEADER_BYTES = 26;
const EVENT_HEADER_BYTES = 10;

interface Appended {
  readonly id: EventId;
  readonly record: Uint8Array;
}

/** What was read of an entity: the ring that was found in it, or the tiles as they are stored. */
export interface StateReading {
  readonly ring: RingView | null;
  readonly tiles: Uint8Array | null;
  readonly readAtMs: number;
}

/**
 * The states last read, for decisions while Redis is away: the most recently read, within a bound
 * of bytes and of age, with the events since appended here.
 */
export class StateCache {
  private readonly log: ByteLog;

  constructor(
    bytesMax: number = CACHE_BYTES_MAX,
    private readonly ttlMs: number = CACHE_TTL_MS,
  ) {
    this.log = new ByteLog(bytesMax);
  }

  /**
   * Remembers what was just read, as it was before this event, and the event. The bytes are copied:
   * they may be part of a larger network buffer.
   */
  put(event: EntityEvent, id: EventId, { ring, tiles, readAtMs }: StateReading): void {
    const stored = ring === null ? tiles : ring.bytes.subarray(ring.start, ring.end);
    const length = stored?.length ?? 0;
    const bytes = HEADER_BYTES + length + EVENT_HEADER_BYTES + event.record.length;
    const entry = this.log.reserve(entityKey(event), bytes);
    if (entry === null) return;
    entry.writeDoubleLE(readAtMs, 0);
    entry.writeDoubleLE(ring?.lostUntilMs ?? 0, LOST_UNTIL_OFFSET);
    entry.writeUInt32LE(fingerprintOf(event), FINGERPRINT_OFFSET);
    entry.writeUInt32LE(length, LENGTH_OFFSET);
    entry.writeUInt16LE(1, APPENDED_OFFSET);
    if (stored !== null) entry.set(stored, HEADER_BYTES);
    writeEvent(entry, HEADER_BYTES + length, { id, record: event.record });
  }

  /** Adds an event of this process to what is remembered, if anything is. */
  append(event: EntityEvent, id: EventId): void {
    const key = entityKey(event);
    const known = this.log.get(key);
    if (known === null) return;
    const before = appendedOf(known);
    const isKnown = before.some(
      (appended) => appended.id.low === id.low && appended.id.high === id.high,
    );
    if (isKnown) return;
    const base = Buffer.from(known.subarray(0, storedEnd(known)));
    const events = [...before, { id, record: event.record }].slice(-APPENDED_MAX);
    const bytes = events.reduce((sum, { record }) => sum + EVENT_HEADER_BYTES + record.length, 0);
    const entry = this.log.reserve(key, base.length + bytes);
    if (entry === null) return;
    entry.set(base, 0);
    entry.writeUInt16LE(events.length, APPENDED_OFFSET);
    let at = base.length;
    for (const appended of events) at = writeEvent(entry, at, appended);
  }

  /** The state of an entity as far as it is known here; null when nothing recent is. */
  get(event: EntityEvent, nowMs: number): EntityState | null {
    const { entity } = event;
    const entry = this.log.get(entityKey(event));
    if (entry === null || nowMs - entry.readDoubleLE(0) > this.ttlMs) return null;
    if (entry.readUInt32LE(FINGERPRINT_OFFSET) !== fingerprintOf(event)) return null;
    const stored = storedOf(entry);
    if (entity.tiles !== null) {
      const tiles =
        stored === null ? new TileSet(entity.tiles) : decodeTiles(stored, entity.tiles).tiles;
      for (const { record } of appendedOf(entry)) {
        if (!isSame(record, event.record)) tiles.add(record);
      }
      return { kind: 'tiles', event, tiles };
    }
    const lostUntilMs = entry.readDoubleLE(LOST_UNTIL_OFFSET);
    const view =
      stored === null ? emptyRing : { bytes: stored, start: 0, end: stored.length, lostUntilMs };
    const ring = GrowingRing.from(entity, view);
    for (const { record, id } of appendedOf(entry)) ring.append(record, id);
    return { kind: 'ring', event, ring: ring.view() };
  }
}

function fingerprintOf({ entity }: EntityEvent): number {
  return (entity.tiles ?? entity.layout).fingerprint;
}

/** Where what was stored ends, and the events begin. */
function storedEnd(entry: Buffer): number {
  return HEADER_BYTES + entry.readUInt32LE(LENGTH_OFFSET);
}

/** A copy: the log may be written over while the state is in use. */
function storedOf(entry: Buffer): Buffer | null {
  const end = storedEnd(entry);
  return end === HEADER_BYTES ? null : Buffer.from(entry.subarray(HEADER_BYTES, end));
}

function appendedOf(entry: Buffer): Appended[] {
  const appended: Appended[] = [];
  let at = storedEnd(entry);
  for (let left = entry.readUInt16LE(APPENDED_OFFSET); left > 0; left -= 1) {
    const id = { high: entry.readUInt32LE(at), low: entry.readUInt32LE(at + 4) };
    const recordAt = at + EVENT_HEADER_BYTES;
    at = recordAt + entry.readUInt16LE(at + 8);
    appended.push({ id, record: new Uint8Array(entry.subarray(recordAt, at)) });
  }
  return appended;
}

/** Returns where the next event goes. */
function writeEvent(entry: Buffer, at: number, { id, record }: Appended): number {
  entry.writeUInt32LE(id.high, at);
  entry.writeUInt32LE(id.low, at + 4);
  entry.writeUInt16LE(record.length, at + 8);
  entry.set(record, at + EVENT_HEADER_BYTES);
  return at + EVENT_HEADER_BYTES + record.length;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
