/*
 * An entry, little endian:
 *   0  where the entry before it in the same bucket begins, double
 *   8  length of the value, 32 bits; FORGOTTEN when the key has none any more
 *  12  length of the key in UTF-16 units, 16 bits
 *  14  the key, UTF-16
 *      the value
 */
const LENGTH_OFFSET = 8;
const KEY_LENGTH_OFFSET = 12;
const KEY_OFFSET = 14;
const FORGOTTEN = 0xffff_ffff;

const BYTES_PER_BUCKET = 256;
/** Entries looked at for a key; those behind them are as good as forgotten. */
const STEPS_MAX = 64;
const NONE = -1;

/**
 * A bounded map from keys to short byte strings, in one buffer that is written round and round: the
 * newest overwrite the oldest.
 *
 * Keys are found by hash buckets of which each knows its newest entry, and each entry the one
 * before it; what has been overwritten is told by its place, so nothing is ever taken out. A `Map`
 * would keep a hole for each entry that left, walk over them to find the oldest, and give the
 * garbage collector every key and value to carry.
 */
export class ByteLog {
  private readonly bytes: Buffer;
  private readonly view: DataView;
  /** Of each bucket, where its newest entry begins, counted over all laps. */
  private readonly newest: Float64Array;
  /** Where the next entry goes, counted over all laps. */
  private head = 0;

  /** @param bytesMax How many bytes to keep, keys and 14 bytes an entry included. */
  constructor(private readonly bytesMax: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytesMax);
    this.view = new DataView(this.bytes.buffer);
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, bytesMax / BYTES_PER_BUCKET)));
    this.newest = new Float64Array(buckets).fill(NONE);
  }

  /** The bytes of an entry, valid until the next `reserve`; null when there is none. */
  get(key: string): Buffer | null {
    const offset = this.find(key, this.bucketOf(key));
    if (offset === NONE) return null;
    const length = this.view.getUint32(offset + LENGTH_OFFSET, true);
    if (length === FORGOTTEN) return null;
    const start = offset + KEY_OFFSET + 2 * key.length;
    return this.bytes.subarray(start, start + length);
  }

  /**
   * Room for an entry, in place of the one the key had. The caller fills it at once.
   *
   * @returns Null when the entry alone is larger than the log; then there is none for the key.
   */
  reserve(key: string, length: number): Buffer | null {
    const bucket = this.bucketOf(key);
    const size = KEY_OFFSET + 2 * key.length + length;
    if (size > this.bytesMax) {
      const offset = this.find(key, bucket);
      if (offset !== NONE) this.view.setUint32(offset + LENGTH_OFFSET, FORGOTTEN, true);
      return null;
    }
    const previous = this.previousFor(key, bucket);
    // An entry does not wrap around: what is left at the end of a lap is skipped.
    const left = this.bytesMax - (this.head % this.bytesMax);
    const start = left < size ? this.head + left : this.head;
    this.head = start + size;
    this.newest[bucket] = start;
    const offset = start % this.bytesMax;
    this.writeHeader(offset, key, length, previous);
    return this.bytes.subarray(offset + size - length, offset + size);
  }

  private writeHeader(offset: number, key: string, length: number, previous: number): void {
    const { view } = this;
    view.setFloat64(offset, previous, true);
    view.setUint32(offset + LENGTH_OFFSET, length, true);
    view.setUint16(offset + KEY_LENGTH_OFFSET, key.length, true);
    for (let unit = 0; unit < key.length; unit += 1) {
      view.setUint16(offset + KEY_OFFSET + 2 * unit, key.charCodeAt(unit), true);
    }
  }

  /** Offset of the newest entry of a key that is still whole. */
  private find(key: string, bucket: number): number {
    let start = this.newest[bucket]!;
    for (let steps = 0; steps < STEPS_MAX && this.isWhole(start); steps += 1) {
      const offset = start % this.bytesMax;
      if (this.isKey(offset, key)) return offset;
      start = this.view.getFloat64(offset, true);
    }
    return NONE;
  }

  /**
   * What a new entry points back to: past an entry of the same key, so that one written again and
   * again does not lengthen the way to the others.
   */
  private previousFor(key: string, bucket: number): number {
    const start = this.newest[bucket]!;
    if (!this.isWhole(start)) return NONE;
    const offset = start % this.bytesMax;
    return this.isKey(offset, key) ? this.view.getFloat64(offset, true) : start;
  }

  /** Whether nothing has been written over it. */
  private isWhole(start: number): boolean {
    return start !== NONE && start + this.bytesMax >= this.head;
  }

  private isKey(offset: number, key: string): boolean {
    const { view } = this;
    if (view.getUint16(offset + KEY_LENGTH_OFFSET, true) !== key.length) return false;
    for (let unit = 0; unit < key.length; unit += 1) {
      const code = view.getUint16(offset + KEY_OFFSET + 2 * unit, true);
      if (code !== key.charCodeAt(unit)) return false;
    }
    return true;
  }

  /** FNV-1a over the UTF-16 units. */
  private bucketOf(key: string): number {
    let hash = 0x811c9dc5;
    for (let unit = 0; unit < key.length; unit += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(unit), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (this.newest.length - 1);
  }
}
