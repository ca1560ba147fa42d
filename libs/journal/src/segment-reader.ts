import { fstatSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { decodeRecord, type DecodedRecord } from './record.js';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment.js';

const CHUNK_BYTES = 262_144;

/**
 * Reads one segment record by record. `next` is synchronous; when it says `incomplete`, `fill`
 * reads on.
 */
export class SegmentReader {
  private chunk: Buffer = Buffer.alloc(0);
  private chunkOffset = SEGMENT_HEADER_BYTES;
  private position = 0;

  private constructor(
    private readonly file: FileHandle,
    readonly firstSequence: number,
    private nextSequence: number,
  ) {}

  static async open(path: string, firstSequence: number): Promise<SegmentReader> {
    return new SegmentReader(await open(path, 'r'), firstSequence, firstSequence);
  }

  /** Byte offset in the file of the record that `next` looks at. */
  get offset(): number {
    return this.chunkOffset + this.position;
  }

  get sequence(): number {
    return this.nextSequence;
  }

  /** Null while the header is short or when it is damaged. */
  async header(): Promise<SegmentHeader | null> {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const { bytesRead } = await this.file.read(bytes, 0, SEGMENT_HEADER_BYTES, 0);
    return decodeSegmentHeader(bytes.subarray(0, bytesRead));
  }

  next(): DecodedRecord {
    const record = decodeRecord(this.chunk, this.position, this.nextSequence);
    if (record.kind === 'record') {
      this.position += record.bytes;
      this.nextSequence += 1;
    }
    return record;
  }

  /**
   * Reads on behind what is unread; false at the end of the file. Payloads given out before stay
   * valid.
   */
  async fill(bytesNeeded: number): Promise<boolean> {
    const unread = this.chunk.subarray(this.position);
    const at = this.offset + unread.length;
    // A follower asks many times a second: room for what is not there would keep the garbage
    // collector busy.
    const room = Math.min(this.bytesTotal() - at, Math.max(CHUNK_BYTES, bytesNeeded));
    if (room <= 0) return false;
    const chunk = Buffer.allocUnsafe(unread.length + room);
    unread.copy(chunk);
    const { bytesRead } = await this.file.read(chunk, unread.length, room, at);
    this.chunkOffset = this.offset;
    this.position = 0;
    this.chunk = chunk.subarray(0, unread.length + bytesRead);
    return bytesRead > 0;
  }

  /** Forgets what was read ahead, so that the next `fill` sees the file as it is now. */
  rewind(): void {
    this.chunkOffset = this.offset;
    this.position = 0;
    this.chunk = Buffer.alloc(0);
  }

  /** In the calling thread, as `segmentAfter`: a follower asks it at every look. */
  bytesTotal(): number {
    return fstatSync(this.file.fd).size;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
