/**
 * A bounded map from keys to short byte strings, in one buffer that is written round and round: the
 * newest overwrite the oldest. Thousands of entries a second then leave nothing for the garbage
 * collector, as entries of their own would.
 */
export class ByteLog {
  private readonly bytes: Buffer;
  /** Where each entry begins and ends, counted over all laps; oldest first, as maps keep order. */
  private readonly places = new Map<string, Place>();
  /** Where the next entry goes, counted over all laps. */
  private head = 0;
  /** Bytes beyond the head that no entry needs. */
  private freeUntil: number;

  /** @param bytesMax How many bytes of values to keep; keys come on top. */
  constructor(private readonly bytesMax: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytesMax);
    this.freeUntil = bytesMax;
  }

  get size(): number {
    return this.places.size;
  }

  /** The bytes of an entry, valid until the next `reserve`; null when there is none. */
  get(key: string): Buffer | null {
    const place = this.places.get(key);
    if (place === undefined) return null;
    const start = place.start % this.bytesMax;
    return this.bytes.subarray(start, start + place.length);
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  /**
   * Room for an entry, in place of the one the key had. The caller fills it at once.
   *
   * @returns Null when the entry alone is larger than the log; then there is none for the key.
   */
  reserve(key: string, length: number): Buffer | null {
    const place = this.places.get(key);
    if (place !== undefined) this.places.delete(key);
    if (length > this.bytesMax) return null;
    // An entry does not wrap around: what is left at the end of a lap is skipped.
    const left = this.bytesMax - (this.head % this.bytesMax);
    const start = left < length ? this.head + left : this.head;
    this.head = start + length;
    this.makeRoom(start);
    // The old place is used again, so that replacing costs no new object.
    const entry = place ?? { start: 0, length: 0 };
    entry.start = start;
    entry.length = length;
    this.places.set(key, entry);
    const at = start % this.bytesMax;
    return this.bytes.subarray(at, at + length);
  }

  delete(key: string): void {
    this.places.delete(key);
  }

  /** Forgets the entries that the new one overwrites. */
  private makeRoom(start: number): void {
    if (this.head <= this.freeUntil) return;
    for (const [key, place] of this.places) {
      if (place.start + this.bytesMax >= this.head) {
        this.freeUntil = place.start + this.bytesMax;
        return;
      }
      this.places.delete(key);
    }
    this.freeUntil = start + this.bytesMax;
  }
}

interface Place {
  start: number;
  length: number;
}
