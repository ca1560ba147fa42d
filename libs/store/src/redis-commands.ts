import type { EventId } from '#features/event-id.js';
import type { AnsweredClaim, IdempotencyClaim, StateRequest } from '#features/feature-store.js';
import type { EntityPlan } from '#features/feature-plan.js';
import { ringMark } from '#features/ring.js';
import type { EntityEvent, EntityRef } from '#features/state-request.js';
import {
  claimRelease,
  referenceReplace,
  ringAppend,
  ringPatch,
  ringRemove,
  tilesReplace,
  type RedisScript,
} from './redis-scripts.js';
import {
  completedValue,
  encodeReference,
  entityKey,
  idempotencyKey,
  pendingValue,
  referenceKey,
} from './redis-keys.js';
import type { RedisArgument, RedisCommand } from './redis-link.js';
import type { FlagChange } from './report-flags.js';

function evalsha(script: RedisScript, key: string, args: readonly RedisArgument[]): RedisCommand {
  return { name: 'evalsha', key, args: [script.sha, 1, key, ...args] };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function eventIdBytes(id: EventId): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(id.high, 0);
  bytes.writeUInt32BE(id.low, 4);
  return bytes;
}

const marks = new WeakMap<EntityPlan, Buffer>();

function markOf(entity: EntityPlan): Buffer {
  let mark = marks.get(entity);
  if (mark === undefined) {
    mark = Buffer.allocUnsafe(4);
    mark.writeUInt32BE(ringMark(entity.layout), 0);
    marks.set(entity, mark);
  }
  return mark;
}

/**
 * Takes the key if it is free, and answers with what holds it (Redis 7.0: NX together with GET).
 */
export function claimCommand(claim: IdempotencyClaim): RedisCommand {
  const key = idempotencyKey(claim.key);
  const value = pendingValue(claim.bodyHash);
  return { name: 'set', key, args: [key, value, 'NX', 'GET', 'PX', claim.leaseMs] };
}

export function completeCommand({ claim, reply, ttlSeconds }: AnsweredClaim): RedisCommand {
  const key = idempotencyKey(claim.key);
  const value = completedValue(claim.bodyHash, reply);
  return { name: 'set', key, args: [key, value, 'EX', ttlSeconds] };
}

export function releaseCommand(claim: IdempotencyClaim): RedisCommand {
  return evalsha(claimRelease, idempotencyKey(claim.key), [pendingValue(claim.bodyHash)]);
}

export function readCommand(ref: EntityRef): RedisCommand {
  const key = entityKey(ref);
  return { name: 'get', key, args: [key] };
}

/** Reads several entities at once: on a single server only. */
export function readAllCommand(refs: readonly EntityRef[]): RedisCommand {
  const keys = refs.map(entityKey);
  return { name: 'mget', key: keys[0]!, args: keys };
}

/** Of several events on a single server only, where one script may touch all keys. */
export function ringAppendCommand(events: readonly EntityEvent[]): RedisCommand {
  const keys = events.map(entityKey);
  const args: RedisArgument[] = [ringAppend.sha, keys.length, ...keys];
  for (const { entity, record } of events) {
    const { eventsMax, horizonMs } = entity;
    args.push(bufferOf(record), markOf(entity), eventsMax, horizonMs, horizonMs);
  }
  return { name: 'evalsha', key: keys[0]!, args };
}

export function ringPatchCommand(ref: EntityRef, id: EventId, change: FlagChange): RedisCommand {
  const { entity } = ref;
  const place = [eventIdBytes(id), entity.layout.size, markOf(entity)];
  return evalsha(ringPatch, entityKey(ref), [...place, change.clear, change.set]);
}

export function ringRemoveCommand(ref: EntityRef, id: EventId): RedisCommand {
  const { entity } = ref;
  const place = [eventIdBytes(id), entity.layout.size, markOf(entity)];
  return evalsha(ringRemove, entityKey(ref), place);
}

/** New tiles of an entity, and the header of those that they are to replace. */
export interface TilesUpdate {
  readonly ref: EntityRef;
  /** As it was read; empty when there was nothing. */
  readonly header: Buffer;
  readonly tiles: Uint8Array;
}

/** Of several entities on a single server only, where one script may touch all keys. */
export function tilesReplaceCommand(updates: readonly TilesUpdate[]): RedisCommand {
  const keys = updates.map(({ ref }) => entityKey(ref));
  const args: RedisArgument[] = [tilesReplace.sha, keys.length, ...keys];
  for (const { ref, header, tiles } of updates) {
    args.push(header, bufferOf(tiles), ref.entity.horizonMs);
  }
  return { name: 'evalsha', key: keys[0]!, args };
}

/**
 * Remembers which entities later reports change; null when none would. A retry leaves the first
 * one's flags.
 */
export function referenceCommand(request: StateRequest): RedisCommand | null {
  const entities = request.entities.filter((event) => event.entity.learnsLater);
  if (entities.length === 0) return null;
  const key = referenceKey(request.eventId);
  const ttlMs = Math.max(...entities.map((event) => event.entity.horizonMs));
  const value = encodeReference(request.eventTimeMs, entities);
  return { name: 'set', key, args: [key, value, 'NX', 'PX', ttlMs] };
}

export function referenceReadCommand(id: EventId): RedisCommand {
  const key = referenceKey(id);
  return { name: 'get', key, args: [key] };
}

/** Only where it is still the one that was read. */
export function referenceReplaceCommand(id: EventId, read: Buffer, changed: Buffer): RedisCommand {
  return evalsha(referenceReplace, referenceKey(id), [read, changed]);
}

export function referenceDropCommand(id: EventId): RedisCommand {
  const key = referenceKey(id);
  return { name: 'del', key, args: [key] };
}
