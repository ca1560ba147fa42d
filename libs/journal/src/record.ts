import { crc32 } from 'node:zlib';

/**
 * What a record says: a decision was made, its outcome became known, a label arrived, what shadows
 * would have decided, or how many decisions were recorded in a minute.
 */
export const journalRecordTypes = ['decision', 'outcome', 'label', 'shadow', 'tally'] as const;
export type JournalRecordType = (typeof journalRecordTypes)[number];

/**
 * A record, little-endian:
 *
 *     0  u32  CRC-32 of everything after it, the payload included
 *     4  u32  payload length in bytes
 *     8  u48  sequence, from 1, without gaps inside a segment
 *    14  u48  time, epoch ms, never descending
 *    20  u8   type
 *    21  3 B  zero
 *    24       payload
 *
 * The length and the sequence are under the checksum, so a flipped length never frames a wrong
 * record, and a run of zeros, which some file systems leave after a power loss, is no record
 * either.
 */
export const RECORD_HEADER_BYTES = 24;

/** A request is at most 64 KiB; a record is some multiple of it. Larger lengths are damage. */
export const PAYLOAD_BYTES_MAX = 1_048_576;

const TYPE_CODES: Readonly<Record<JournalRecordType, number>> = {
  decision: 1,
  outcome: 2,
  label: 3,
  shadow: 4,
  tally: 5,
};
const TYPES_BY_CODE: readonly (JournalRecordType | undefined)[] = [
  undefined,
  'decision',
  'outcome',
  'label',
  'shadow',
  'tally',
];

export interface RecordHead {
  readonly type: JournalRecordType;
  readonly sequence: number;
  readonly timeMs: number;
}

/** Writes the header before a payload that already stands at `offset + RECORD_HEADER_BYTES`. */
export function sealRecord(
  target: Buffer,
  offset: number,
  payloadBytes: number,
  head: RecordHead,
): void {
  target.writeUInt32LE(payloadBytes, offset + 4);
  target.writeUIntLE(head.sequence, offset + 8, 6);
  target.writeUIntLE(head.timeMs, offset + 14, 6);
  target.writeUInt32LE(TYPE_CODES[head.type], offset + 20);
  const end = offset + RECORD_HEADER_BYTES + payloadBytes;
  target.writeUInt32LE(crc32(target.subarray(offset + 4, end)), offset);
}

export type DecodedRecord =
  | (RecordHead & {
      readonly kind: 'record';
      /** A view of the source: copy it to keep it. */
      readonly payload: Buffer;
      readonly bytes: number;
    })
  | { readonly kind: 'incomplete'; readonly bytesNeeded: number }
  | { readonly kind: 'bad'; readonly problem: string };

/**
 * Reads the record at `offset`, which must carry `expectedSequence`; never returns one that fails
 * its checksum.
 */
export function decodeRecord(
  source: Buffer,
  offset: number,
  expectedSequence: number,
): DecodedRecord {
  const available = source.length - offset;
  if (available < RECORD_HEADER_BYTES) {
    return { kind: 'incomplete', bytesNeeded: RECORD_HEADER_BYTES };
  }
  const payloadBytes = source.readUInt32LE(offset + 4);
  if (payloadBytes > PAYLOAD_BYTES_MAX) {
    return { kind: 'bad', problem: `a length of ${payloadBytes} bytes is beyond any record` };
  }
  const sequence = source.readUIntLE(offset + 8, 6);
  if (sequence !== expectedSequence) {
    return {
      kind: 'bad',
      problem: `sequence ${sequence} stands where ${expectedSequence} should`,
    };
  }
  const bytes = RECORD_HEADER_BYTES + payloadBytes;
  if (available < bytes) return { kind: 'incomplete', bytesNeeded: bytes };
  const end = offset + bytes;
  if (crc32(source.subarray(offset + 4, end)) !== source.readUInt32LE(offset)) {
    return { kind: 'bad', problem: `the checksum of record ${sequence} does not match` };
  }
  const type = TYPES_BY_CODE[source.readUInt32LE(offset + 20)];
  if (type === undefined) {
    return { kind: 'bad', problem: `record ${sequence} has a type this version does not know` };
  }
  return {
    kind: 'record',
    type,
    sequence,
    timeMs: source.readUIntLE(offset + 14, 6),
    payload: source.subarray(offset + RECORD_HEADER_BYTES, end),
    bytes,
  };
}
