import { JournalError } from './journal-error.js';
import { PAYLOAD_BYTES_MAX, RECORD_HEADER_BYTES, sealRecord, type RecordHead } from './record.js';

export interface JournalPosition {
  /** Ascending over the whole journal; where to go on reading from. */
  readonly sequence: number;
  /** First sequence of the segment, which names its file. */
  readonly segment: number;
  /** Byte offset in the segment. */
  readonly offset: number;
}

const BUFFER_BYTES_INITIAL = 262_144;
/** About two seconds of records at 1,000/s: a disk that is further behind cannot be waited for. */
const BUFFER_BYTES_MAX = 8 * 1_048_576;
const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * The appends that go to disk together: their bytes in one reused buffer, and who waits for them.
 */
export class Group {
  firstSequence = 0;
  bytes = 0;
  private buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES_INITIAL);
  private offsets: number[] = [];
  private waiters: PromiseWithResolvers<JournalPosition>[] = [];

  get records(): number {
    return this.offsets.length;
  }

  get content(): Buffer {
    return this.buffer.subarray(0, this.bytes);
  }

  /**
   * Encodes a record behind the others, or throws when it does not fit; the promise is for the
   * caller of append.
   */
  add(head: RecordHead, payload: Uint8Array | string): Promise<JournalPosition> {
    const start = this.bytes;
    const bodyStart = start + RECORD_HEADER_BYTES;
    let payloadBytes: number;
    if (typeof payload === 'string') {
      payloadBytes = this.writeText(payload, bodyStart);
    } else {
      payloadBytes = payload.length;
      this.reserve(bodyStart, payloadBytes);
      this.buffer.set(payload, bodyStart);
    }
    sealRecord(this.buffer, start, payloadBytes, head);
    if (this.offsets.length === 0) this.firstSequence = head.sequence;
    this.bytes = bodyStart + payloadBytes;
    this.offsets.push(start);
    const waiter = Promise.withResolvers<JournalPosition>();
    this.waiters.push(waiter);
    return waiter.promise;
  }

  resolve(segment: number, baseOffset: number): void {
    const { offsets, waiters, firstSequence } = this;
    this.clear();
    for (let index = 0; index < waiters.length; index += 1) {
      waiters[index]?.resolve({
        sequence: firstSequence + index,
        segment,
        offset: baseOffset + (offsets[index] ?? 0),
      });
    }
  }

  reject(error: JournalError): void {
    const { waiters } = this;
    this.clear();
    for (const waiter of waiters) waiter.reject(error);
  }

  private clear(): void {
    this.bytes = 0;
    this.offsets = [];
    this.waiters = [];
  }

  private writeText(text: string, bodyStart: number): number {
    // A code unit is at most three bytes of UTF-8. Counting exactly is a second pass, needed only
    // for large texts.
    const bytesMax = text.length * UTF8_BYTES_PER_UNIT_MAX;
    this.reserve(bodyStart, bytesMax > PAYLOAD_BYTES_MAX ? Buffer.byteLength(text) : bytesMax);
    return this.buffer.write(text, bodyStart, 'utf8');
  }

  private reserve(bodyStart: number, payloadBytes: number): void {
    if (payloadBytes > PAYLOAD_BYTES_MAX) {
      throw new JournalError(
        'JOURNAL_RECORD_TOO_LARGE',
        `a journal record holds at most ${PAYLOAD_BYTES_MAX} bytes, this one has ${payloadBytes}`,
      );
    }
    const needed = bodyStart + payloadBytes;
    if (needed <= this.buffer.length) return;
    if (needed > BUFFER_BYTES_MAX) {
      throw new JournalError(
        'JOURNAL_OVERLOADED',
        'the disk is too slow for the journal: its buffer is full, this record was not taken',
      );
    }
    const larger = Buffer.allocUnsafeSlow(
      Math.min(BUFFER_BYTES_MAX, Math.max(needed, this.buffer.length * 2)),
    );
    this.buffer.copy(larger, 0, 0, this.bytes);
    this.buffer = larger;
  }
}
