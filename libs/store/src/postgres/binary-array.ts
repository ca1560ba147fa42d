/** What the driver can write into a column; a time is ISO 8601 or epoch ms. */
export type Cell = string | number | boolean | null;

/** Types of columns that a batch can be written to. */
export type ColumnType = keyof typeof codecs;

interface Codec {
  /** Of the type, in Postgres's catalogue: fixed for ever. */
  readonly oid: number;
  /** Bytes of any value; null where they depend on it. */
  readonly bytes: number | null;
  /** @returns The bytes written; null when the value is not one of this type. */
  readonly write: (target: Buffer, at: number, value: Cell) => number | null;
}

/** A value that its column cannot hold. */
export class CellError extends Error {
  /** SQLSTATE: invalid text representation, the same as when Postgres finds it. */
  readonly code = '22P02';

  constructor(type: ColumnType) {
    // Never with the value: it is the callers' data.
    super(`a value is no ${type}`);
  }
}

/** The times of Postgres count from 2000, in microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const US_PER_MS = 1_000;
/** The largest time that JavaScript can tell. */
const EPOCH_MS_MAX = 8.64e15;
/** Dimensions, whether there are nulls, the elements' type; then the count and the first index. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

const codecs = {
  bool: fixed(16, 1, isBoolean, (target, at, value) => target.writeInt8(value ? 1 : 0, at)),
  smallint: fixed(21, 2, isWhole(15), (target, at, value) => target.writeInt16BE(value, at)),
  int: fixed(23, 4, isWhole(31), (target, at, value) => target.writeInt32BE(value, at)),
  bigint: fixed(20, 8, isWhole(63), (target, at, value) =>
    target.writeBigInt64BE(BigInt(value), at),
  ),
  float4: fixed(700, 4, isNumber, (target, at, value) => target.writeFloatBE(value, at)),
  float8: fixed(701, 8, isNumber, (target, at, value) => target.writeDoubleBE(value, at)),
  timestamptz: fixed(1_184, 8, isTime, (target, at, value) => {
    const sinceMs = Math.trunc(epochMsOf(value)) - POSTGRES_EPOCH_MS;
    return target.writeBigInt64BE(BigInt(sinceMs) * BigInt(US_PER_MS), at);
  }),
  uuid: fixed(2_950, 16, isUuid, (target, at, value) =>
    target.write(value.replaceAll('-', ''), at, 'hex'),
  ),
  text: text(25),
  json: text(114),
} satisfies Record<string, Codec>;

/**
 * A one-dimensional array as Postgres receives it in binary. The driver's own form is text, in
 * which every quote of a record is escaped, for Postgres to take the escapes away again.
 *
 * @throws CellError when a cell is not of the type.
 * @see https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/arrayfuncs.c
 *   `array_recv`
 */
export function binaryArray(type: ColumnType, cells: readonly Cell[]): Buffer {
  const codec: Codec = codecs[type];
  const bytes = cells.reduce<number>((sum, cell) => sum + bytesOf(codec, cell), HEADER_BYTES);
  const target = Buffer.allocUnsafe(bytes);
  const header = [1, cells.includes(null) ? 1 : 0, codec.oid, cells.length, 1];
  for (const [nth, word] of header.entries()) target.writeInt32BE(word, nth * LENGTH_BYTES);
  let at = HEADER_BYTES;
  for (const cell of cells) {
    const written = cell === null ? 0 : codec.write(target, at + LENGTH_BYTES, cell);
    if (written === null) throw new CellError(type);
    target.writeInt32BE(cell === null ? NULL_LENGTH : written, at);
    at += LENGTH_BYTES + written;
  }
  return target;
}

/** With the length before it. */
function bytesOf({ bytes }: Codec, cell: Cell): number {
  if (cell === null) return LENGTH_BYTES;
  return LENGTH_BYTES + (bytes ?? Buffer.byteLength(String(cell)));
}

function fixed<T extends Cell>(
  oid: number,
  bytes: number,
  is: (value: Cell) => value is T,
  put: (target: Buffer, at: number, value: T) => unknown,
): Codec {
  return {
    oid,
    bytes,
    write: (target, at, value) => {
      if (!is(value)) return null;
      put(target, at, value);
      return bytes;
    },
  };
}

function text(oid: number): Codec {
  return {
    oid,
    bytes: null,
    write: (target, at, value) =>
      typeof value === 'string' ? target.write(value, at, 'utf8') : null,
  };
}

function isBoolean(value: Cell): value is boolean {
  return typeof value === 'boolean';
}

function isNumber(value: Cell): value is number {
  return typeof value === 'number';
}

function isWhole(bits: number): (value: Cell) => value is number {
  return (value): value is number =>
    Number.isInteger(value) && Math.abs(value as number) < 2 ** bits;
}

function isTime(value: Cell): value is string | number {
  return typeof value !== 'boolean' && value !== null && Math.abs(epochMsOf(value)) <= EPOCH_MS_MAX;
}

function isUuid(value: Cell): value is string {
  return typeof value === 'string' && UUID.test(value);
}

function epochMsOf(value: string | number): number {
  return typeof value === 'number' ? value : Date.parse(value);
}
