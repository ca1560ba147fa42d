import { crc32 } from 'node:zlib';

/**
 * A segment file: a header, then records. Its name is the sequence of its first record, so a
 * position is found by name.
 *
 *     0  4 B  "TGJ1"
 *     4  u32  CRC-32 of bytes 8 to 31
 *     8  u64  sequence of the first record (u48 used)
 *    16  u64  sequence of the last good record before this segment, 0 for none (u48 used)
 *    24  u64  created, epoch ms (u48 used)
 *
 * The writer starts a new segment after a failed write and skips the failed numbers.
 * `previousSequence` says so: a gap between two segments is then explained, and any other gap is a
 * loss that `verify` reports.
 */
export const SEGMENT_HEADER_BYTES = 32;
const MAGIC = 'TGJ1';
const NAME_DIGITS = 15;
const NAME_PATTERN = /^(\d{15})\.journal$/;

export interface SegmentHeader {
  readonly firstSequence: number;
  readonly previousSequence: number;
  readonly createdMs: number;
}

export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(NAME_DIGITS, '0')}.journal`;
}

/** The first sequence a file name stands for, or null when the file is no segment. */
export function firstSequenceOf(fileName: string): number | null {
  const digits = NAME_PATTERN.exec(fileName)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUIntLE(header.firstSequence, 8, 6);
  bytes.writeUIntLE(header.previousSequence, 16, 6);
  bytes.writeUIntLE(header.createdMs, 24, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/**
 * The header of a segment, or null when it is short or damaged; its records can still be read by
 * its name.
 */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES) return null;
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  if (crc32(bytes.subarray(8, SEGMENT_HEADER_BYTES)) !== bytes.readUInt32LE(4)) return null;
  return {
    firstSequence: bytes.readUIntLE(8, 6),
    previousSequence: bytes.readUIntLE(16, 6),
    createdMs: bytes.readUIntLE(24, 6),
  };
}
