import { journalRecordTypes } from '../record.js';
import type { ShippedRecord } from '../shipped-record.js';

/** Who shipped a record. */
export interface Shipper {
  /** Its node, unlike any other. */
  readonly node: string;
}

/** What stands around a record's text in a message. */
export interface Envelope {
  readonly type: ShippedRecord['type'];
  readonly timeMs: number;
}

/** Text headers: type, node, sequence in the node's journal, when it was appended there. */
export function headersOf(record: ShippedRecord, { node }: Shipper): Map<Buffer, Buffer> {
  return new Map([
    [TYPE, Buffer.from(record.type)],
    [NODE, Buffer.from(node)],
    [SEQUENCE, Buffer.from(String(record.sequence))],
    [TIME, Buffer.from(String(record.timeMs))],
  ]);
}

const TYPE = Buffer.from('type');
const NODE = Buffer.from('node');
const SEQUENCE = Buffer.from('sequence');
const TIME = Buffer.from('time_ms');

/**
 * Reads the headers of any message, ours or not: what is no record of the log is told by its type.
 *
 * @param timestampMs  The message's own time, for one that does not say when it was appended.
 */
export function envelopeOf(
  headers: readonly (readonly [Buffer | null, Buffer | null])[],
  timestampMs: number,
): Envelope {
  const named = (name: Buffer): string | undefined =>
    headers.find(([key]) => key?.equals(name) === true)?.[1]?.toString('latin1');
  const type = journalRecordTypes.find((known) => known === named(TYPE)) ?? 'unknown';
  const time = named(TIME) ?? '';
  return { type, timeMs: /^\d{1,15}$/.test(time) ? Number(time) : timestampMs };
}
