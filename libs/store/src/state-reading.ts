import type { ClaimResult, IdempotencyClaim, StateRequest } from '#features/feature-store.js';
import { emptyRing, readRing } from '#features/ring.js';
import type { EntityEvent } from '#features/state-request.js';
import { decodeTiles } from '#features/tile-codec.js';
import { TileSet } from '#features/tile-set.js';
import type { EntityState } from '#features/vector.js';
import type { RedisReply } from './redis-link.js';
import { RING_APPENDED, RING_FOREIGN, RING_PRESENT, RING_TOO_LATE } from './redis-scripts.js';
import type { StoreError } from './store-error.js';

/** One entity's part of a reply. */
export interface EntityReading {
  /** Null when Redis did not say. */
  readonly state: EntityState | null;
  /** Whether this request put the event there, or found it. */
  readonly isAppended: boolean;
  readonly isPresent: boolean;
  /** Whether the event was older than everything that is kept. */
  readonly isTooLate: boolean;
  /** Whether what was stored is of another layout, and was not read. */
  readonly isForeign: boolean;
  readonly error: StoreError | null;
}

const nothing = {
  isAppended: false,
  isPresent: false,
  isTooLate: false,
  isForeign: false,
  error: null,
};

export function readingOf(event: EntityEvent, reply: RedisReply): EntityReading {
  if (!reply.ok) return { ...nothing, state: null, error: reply.error };
  if (event.entity.tiles !== null) return readingOfTiles(event, reply.value as Buffer | null);
  // A read answers the ring, an append [status, ring].
  const isAppend = Array.isArray(reply.value);
  const [status, stored] = (isAppend ? reply.value : [null, reply.value]) as [
    number | null,
    Buffer | null,
  ];
  const read = stored === null ? null : readRing(stored, event.entity.layout);
  const ring = read?.kind === 'ring' ? read.ring : emptyRing;
  return {
    state: { kind: 'ring', event, ring },
    isAppended: status === RING_APPENDED || status === RING_FOREIGN,
    isPresent: status === RING_PRESENT,
    isTooLate: status === RING_TOO_LATE,
    isForeign: status === RING_FOREIGN,
    error: null,
  };
}

function readingOfTiles(event: EntityEvent, stored: Buffer | null): EntityReading {
  const layout = event.entity.tiles!;
  if (stored === null) {
    return { ...nothing, state: { kind: 'tiles', event, tiles: new TileSet(layout) } };
  }
  const { tiles, foreign } = decodeTiles(stored, layout);
  return { ...nothing, state: { kind: 'tiles', event, tiles }, isForeign: foreign };
}

/** Nothing could be had, or not whether the key is ours: then there is no reply to give. */
export function failureOf(
  request: StateRequest,
  replies: readonly RedisReply[],
  readings: readonly EntityReading[],
): StoreError | null {
  const claim = request.claim === null ? null : replies[0]!;
  if (claim !== null && !claim.ok) return claim.error;
  if (readings.length === 0 || readings.some((reading) => reading.error === null)) return null;
  return readings[0]!.error;
}

export function claimOf(claim: IdempotencyClaim, replies: readonly RedisReply[]): ClaimResult {
  const reply = replies[0]!;
  const held = reply.ok ? (reply.value as Buffer | string | null) : null;
  if (held === null) return { kind: 'claimed' };
  const text = held.toString();
  const bodyHash = text.slice(1, claim.bodyHash.length + 1);
  if (bodyHash !== claim.bodyHash) return { kind: 'conflict' };
  if (text.startsWith('P')) return { kind: 'in_flight' };
  return { kind: 'completed', reply: text.slice(claim.bodyHash.length + 2) };
}
