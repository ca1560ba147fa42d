import { setTimeout as sleep } from 'node:timers/promises';
import { systemCodeOf } from './journal-error.js';
import type { JournalProblem, JournalRecord, ReadOptions } from './read-journal.js';
import type { DecodedRecord } from './record.js';
import { listSegments, readHeaderOf, segmentAfter, type SegmentFile } from './segment-folder.js';
import { SegmentReader } from './segment-reader.js';

const POLL_MS_DEFAULT = 50;

interface Successor {
  readonly file: SegmentFile;
  /**
   * The last record before it that was acknowledged; what stands behind that was rejected to its
   * caller.
   */
  readonly previousSequence: number;
}

/**
 * The state of one read: the segment it stands in, and what comes after. `take` until null, then
 * `readOn`.
 */
export class JournalWalk {
  private reader: SegmentReader | null = null;
  private successor: Successor | null = null;
  private stopped: DecodedRecord = { kind: 'incomplete', bytesNeeded: 0 };
  /**
   * Where a follower met damage at the live end: it may be a write seen half way, so it is reported
   * the second time.
   */
  private doubtfulOffset = -1;

  /** The next sequence wanted; undefined while the read may begin wherever the journal does. */
  private wanted: number | undefined;

  constructor(
    private readonly folder: string,
    private readonly options: ReadOptions,
  ) {
    this.wanted = options.fromSequence;
  }

  /** The next record of what has been read from disk, or null. */
  take(): JournalRecord | null {
    const { reader, successor } = this;
    if (reader === null) return null;
    if (successor !== null && reader.sequence > successor.previousSequence) {
      this.stopped = { kind: 'bad', problem: 'the segment ends here' };
      return null;
    }
    const { offset } = reader;
    const record = reader.next();
    if (record.kind !== 'record') {
      this.stopped = record;
      return null;
    }
    const { sequence, type, timeMs, payload } = record;
    this.wanted = Math.max(this.wanted ?? 0, sequence + 1);
    return { position: { sequence, segment: reader.firstSequence, offset }, type, timeMs, payload };
  }

  /** Reads more, in this segment or the next; false when the read is over. */
  async readOn(): Promise<boolean> {
    const { reader, stopped } = this;
    if (reader === null) return (await this.openFirst()) || (await this.waitForMore());
    if (stopped.kind === 'incomplete' && (await reader.fill(stopped.bytesNeeded))) return true;
    if (this.successor !== null) {
      this.reportMissing(reader, this.successor);
      return this.enter(this.successor.file);
    }
    await this.findSuccessor(reader.firstSequence);
    if (this.successor !== null) {
      // It may have grown before it was sealed.
      reader.rewind();
      return true;
    }
    this.reportLiveEnd(reader);
    reader.rewind();
    return this.waitForMore();
  }

  async close(): Promise<void> {
    await this.reader?.close();
    this.reader = null;
  }

  private async openFirst(): Promise<boolean> {
    const { wanted } = this;
    const first = await this.chooseFirst();
    if (first === undefined || !(await this.enter(first))) return false;
    if (wanted !== undefined && wanted < first.firstSequence) {
      const header = await readHeaderOf(first);
      const lastMissing = header?.previousSequence ?? first.firstSequence - 1;
      if (lastMissing >= wanted) {
        this.report('missing_records', 0, `${span(wanted, lastMissing)} no longer there`);
      }
    }
    return true;
  }

  /** The last segment that begins at or before what is wanted, else the first there is. */
  private async chooseFirst(): Promise<SegmentFile | undefined> {
    const { wanted } = this;
    const { sinceMs } = this.options;
    const segments = await listSegments(this.folder);
    let chosen = segments[0];
    if (wanted === undefined && sinceMs === undefined) return chosen;
    for (const segment of segments) {
      if (wanted !== undefined && segment.firstSequence > wanted) break;
      if (sinceMs !== undefined) {
        const header = await readHeaderOf(segment);
        // Records of the segments before are no younger than this one's start.
        if (header === null || header.createdMs >= sinceMs) break;
      }
      chosen = segment;
    }
    return chosen;
  }

  private async enter(file: SegmentFile): Promise<boolean> {
    await this.close();
    this.successor = null;
    try {
      this.reader = await SegmentReader.open(file.path, file.firstSequence);
    } catch (cause) {
      // Retention was faster; the next look at the folder says where the journal begins now.
      if (systemCodeOf(cause) === 'ENOENT') return true;
      throw cause;
    }
    this.stopped = { kind: 'incomplete', bytesNeeded: 0 };
    await this.findSuccessor(file.firstSequence);
    if ((await this.reader.header()) === null && this.successor !== null) {
      this.report('damaged_header', 0, 'its header is damaged; its records are read by its name');
    }
    return true;
  }

  private async findSuccessor(firstSequence: number): Promise<void> {
    const file = segmentAfter(this.folder, firstSequence);
    if (file === null) return;
    const header = await readHeaderOf(file);
    const previousSequence = header?.previousSequence ?? file.firstSequence - 1;
    this.successor = { file, previousSequence };
  }

  private reportMissing(reader: SegmentReader, successor: Successor): void {
    const { previousSequence } = successor;
    if (reader.sequence > previousSequence) return;
    const lost = `${span(reader.sequence, previousSequence)} lost`;
    if (this.stopped.kind === 'bad') {
      this.report('corrupt_record', reader.offset, `${this.stopped.problem}: ${lost}`);
    } else if (reader.offset < reader.bytesTotal()) {
      this.report(
        'corrupt_record',
        reader.offset,
        `record ${reader.sequence} is cut short: ${lost}`,
      );
    } else {
      this.report('missing_records', reader.offset, `the segment ends early: ${lost}`);
    }
  }

  private reportLiveEnd(reader: SegmentReader): void {
    const { offset } = reader;
    const bytesBehind = reader.bytesTotal() - offset;
    if (bytesBehind <= 0) return;
    const second = this.doubtfulOffset === offset;
    this.doubtfulOffset = this.options.follow === true && second ? -1 : offset;
    if (this.options.follow === true && !second) return;
    const problem = this.stopped.kind === 'bad' ? this.stopped.problem : 'it is cut short';
    this.report(
      'torn_tail',
      offset,
      `${bytesBehind} bytes at the end are no record (${problem}): a write still under way, or one that was torn`,
    );
  }

  private async waitForMore(): Promise<boolean> {
    const { follow, signal, pollMs = POLL_MS_DEFAULT } = this.options;
    if (follow !== true || signal?.aborted === true) return false;
    try {
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
      return true;
    } catch (cause) {
      if (systemCodeOf(cause) === 'ABORT_ERR') return false;
      throw cause;
    }
  }

  private report(kind: JournalProblem['kind'], offset: number, message: string): void {
    const segment = this.reader?.firstSequence ?? 0;
    this.options.onProblem({ kind, segment, offset, message });
  }
}

function span(first: number, last: number): string {
  return first === last ? `record ${first} is` : `records ${first} to ${last} are`;
}
