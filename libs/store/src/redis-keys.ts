import { eventIdHex, type EventId } from '#features/event-id.js';
import { decodeLabels, encodeLabels, type EventLabel } from '#features/event-labels.js';
import type { EntityRef } from '#features/state-request.js';

/*
 * tg:{<entity>:<key>}  the ring or tiles of an entity; the braces make it the hash tag of a cluster
 * tg:i:<key>           an idempotency key: P<body hash> while it is answered, then C<body
 * hash>\n<reply> tg:r:<event id>      an event reference: which entities a transaction touched, so
 * that reports find them
 */
export function entityKey(ref: EntityRef): string {
  return `tg:{${ref.entity.name}:${ref.key}}`;
}

export function idempotencyKey(key: string): string {
  return `tg:i:${key}`;
}

export function referenceKey(id: EventId): string {
  return `tg:r:${eventIdHex(id)}`;
}

export function pendingValue(bodyHash: string): string {
  return `P${bodyHash}`;
}

export function completedValue(bodyHash: string, reply: string): string {
  return `C${bodyHash}\n${reply}`;
}

const TIME_BYTES = 6;
const REFERENCE_HEADER_BYTES = TIME_BYTES + 1;
/** A name of no length: here end the entities and begin the labels. */
const NO_NAME = 0;

/**
 * Packs a new reference: time (48 bits), flags (8), then per entity its name and key with their
 * lengths (8 and 16 bits). Once the event has labels, they follow behind a name of no length.
 */
export function encodeReference(timeMs: number, entities: readonly EntityRef[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(REFERENCE_HEADER_BYTES)];
  parts[0]!.writeUIntBE(timeMs, 0, TIME_BYTES);
  for (const { entity, key } of entities) {
    const name = Buffer.from(entity.name);
    const value = Buffer.from(key);
    const lengths = Buffer.alloc(3);
    lengths.writeUInt8(name.length, 0);
    lengths.writeUInt16BE(value.length, 1);
    parts.push(lengths, name, value);
  }
  return Buffer.concat(parts);
}

export interface DecodedReference {
  readonly timeMs: number;
  readonly flags: number;
  readonly labels: readonly EventLabel[];
  readonly entities: readonly { readonly name: string; readonly key: string }[];
  /** Where the entities end. */
  readonly entitiesEnd: number;
}

export function decodeReference(bytes: Buffer): DecodedReference {
  const timeMs = bytes.readUIntBE(0, TIME_BYTES);
  const entities: { name: string; key: string }[] = [];
  let at = REFERENCE_HEADER_BYTES;
  while (at < bytes.length && bytes[at] !== NO_NAME) {
    const nameEnd = at + 3 + bytes.readUInt8(at);
    const keyEnd = nameEnd + bytes.readUInt16BE(at + 1);
    const name = bytes.toString('utf8', at + 3, nameEnd);
    entities.push({ name, key: bytes.toString('utf8', nameEnd, keyEnd) });
    at = keyEnd;
  }
  const labels = decodeLabels(bytes.subarray(at + 1));
  return { timeMs, flags: bytes.readUInt8(TIME_BYTES), labels, entities, entitiesEnd: at };
}

/** A reference with other flags and labels. */
export function changedReference(
  bytes: Buffer,
  entitiesEnd: number,
  reports: { readonly flags: number; readonly labels: readonly EventLabel[] },
): Buffer {
  const head = Buffer.from(bytes.subarray(0, entitiesEnd));
  head.writeUInt8(reports.flags, TIME_BYTES);
  if (reports.labels.length === 0) return head;
  return Buffer.concat([head, Buffer.of(NO_NAME), encodeLabels(reports.labels)]);
}
