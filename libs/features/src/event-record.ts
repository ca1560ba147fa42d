import { isTextType, type SignalRecord, type SignalSchema } from '#contracts/signals.js';
import { readU32, readU48, writeU32, writeU48 } from './bytes.js';
import type { EntityDefinition } from './catalogue-types.js';
import type { EventId } from './event-id.js';
import { hashNumber, hashText, MISSING_HASH } from './text-hash.js';

/*
 * One event of one entity, a record of fixed size, big-endian:
 *   0  time, epoch ms, 48 bits
 *   6  event id, 64 bits
 *  14  flags, 8 bits
 *  15  amount in thousandths of a major unit, 48 bits: only where a feature uses amounts
 *  ..  one 32-bit hash per attribute that the entity counts distinctly, in order of name
 */
const ID_OFFSET = 6;
export const FLAGS_OFFSET = 14;
const BODY_OFFSET = 15;

export const FLAG_FRAUD = 1;
export const FLAG_LEGIT = 2;
export const FLAG_DECLINED = 4;

/** Raised with each incompatible change of the record or of the ring header. */
export const CODEC_VERSION = 1;

export interface AttributeLayout {
  readonly signal: string;
  readonly slot: number;
  readonly text: boolean;
  readonly offset: number;
}

/**
 * Where things stand in the records of an entity: derived from its features, so that nothing unused
 * is kept.
 */
export interface RecordLayout {
  readonly size: number;
  /** -1 where no feature uses amounts. */
  readonly amountOffset: number;
  readonly attributes: readonly AttributeLayout[];
  /** 24 bits that tell one layout from another; records of another layout are never read. */
  readonly fingerprint: number;
}

const withoutAmount: ReadonlySet<string> = new Set([
  'count',
  'distinct',
  'time_since_last',
  'decline_count',
  'decline_share',
  'fraud_count',
  'fraud_share',
  'truncated',
]);

export function layoutOf(entity: EntityDefinition, schema: SignalSchema): RecordLayout {
  const usesAmount = entity.features.some((feature) => !withoutAmount.has(feature.aggregate));
  const amountOffset = usesAmount ? BODY_OFFSET : -1;
  let offset = BODY_OFFSET + (usesAmount ? 6 : 0);
  const names = new Set(entity.features.flatMap((feature) => feature.of ?? []));
  const attributes = [...names].sort().map((signal): AttributeLayout => {
    const slot = schema.slotOf(signal);
    const definition = schema.definitionOf(signal);
    if (slot === undefined || definition === undefined) throw new Error(`no signal ${signal}`);
    const layout = { signal, slot, text: isTextType(definition.type), offset };
    offset += 4;
    return layout;
  });
  const description = `${CODEC_VERSION}|${usesAmount}|${[...names].sort().join('|')}`;
  return { size: offset, amountOffset, attributes, fingerprint: hashText(description) & 0xffffff };
}

export interface RecordInput {
  readonly id: EventId;
  readonly timeMs: number;
  readonly amountUnits: number;
}

/** Packs the event of one transaction for one entity. */
export function packRecord(
  layout: RecordLayout,
  record: SignalRecord,
  input: RecordInput,
): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  writeU48(bytes, 0, input.timeMs);
  writeU32(bytes, ID_OFFSET, input.id.high);
  writeU32(bytes, ID_OFFSET + 4, input.id.low);
  if (layout.amountOffset >= 0) writeU48(bytes, layout.amountOffset, input.amountUnits);
  for (const attribute of layout.attributes) {
    writeU32(bytes, attribute.offset, hashAttribute(attribute, record));
  }
  return bytes;
}

function hashAttribute(attribute: AttributeLayout, record: SignalRecord): number {
  if (!attribute.text) return hashNumber(record.numbers[attribute.slot]!);
  const value = record.strings[attribute.slot];
  return value === null || value === undefined ? MISSING_HASH : hashText(value);
}

export function recordTimeMs(bytes: Uint8Array, offset: number): number {
  return readU48(bytes, offset);
}

/**
 * Whether the record at `offset` carries the same event id as the one at `otherOffset` of `other`.
 */
export function sameEvent(
  bytes: Uint8Array,
  offset: number,
  other: Uint8Array,
  otherOffset: number,
): boolean {
  for (let index = ID_OFFSET + 7; index >= ID_OFFSET; index -= 1) {
    if (bytes[offset + index] !== other[otherOffset + index]) return false;
  }
  return true;
}

/**
 * The offset of the record with this event id in [start, end), or -1; newest first, as retries are
 * recent.
 */
export function findEvent(
  ring: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
  size: number,
  id: EventId,
): number {
  for (let offset = ring.end - size; offset >= ring.start; offset -= size) {
    if (
      readU32(ring.bytes, offset + ID_OFFSET + 4) === id.low &&
      readU32(ring.bytes, offset + ID_OFFSET) === id.high
    ) {
      return offset;
    }
  }
  return -1;
}
