import { FolderLock } from './folder-lock.js';
import { Group, type JournalPosition } from './group.js';
import { JournalError, toJournalError } from './journal-error.js';
import { settle, type JournalObserver, type JournalOptions } from './journal-options.js';
import type { JournalRecordType } from './record.js';
import { recover, type Recovered } from './recovery.js';
import type { SegmentAge } from './retention.js';
import { readHeaderOf } from './segment-folder.js';
import { SegmentWriter, type Written } from './segment-writer.js';

const RETENTION_CHECK_MS = 60_000;

interface Parts {
  readonly lock: FolderLock;
  readonly writer: SegmentWriter;
  readonly observer: JournalObserver;
  readonly nowMs: () => number;
  readonly folder: string;
  readonly recovered: Recovered;
}

/**
 * The append-only record of decisions, outcomes and labels, in segment files with group commit: all
 * appends of one turn of the event loop go to disk with one write, and in mode `commit` one
 * fdatasync on a thread of libuv's; the next group forms meanwhile.
 */
export class Journal {
  private filling = new Group();
  private spare = new Group();
  private nextSequence: number;
  private lastTimeMs: number;
  private flushing: Promise<void> | null = null;
  private scheduled = false;
  private closed: Promise<void> | null = null;
  private readonly retentionTimer: NodeJS.Timeout;

  private constructor(private readonly parts: Parts) {
    this.nextSequence = parts.recovered.nextSequence;
    this.lastTimeMs = parts.recovered.lastTimeMs;
    this.retentionTimer = setInterval(() => {
      this.retain();
    }, RETENTION_CHECK_MS);
    this.retentionTimer.unref();
  }

  /**
   * Takes the folder for writing and cuts off what a killed process left half written.
   *
   * @throws JournalError JOURNAL_LOCKED when another process writes there, JOURNAL_OPTIONS_INVALID
   *   for bounds that cannot be kept.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const settings = settle(options);
    const { folder, nowMs } = settings;
    const lock = await FolderLock.take(folder);
    try {
      const recovered = await recover(folder);
      for (const warning of recovered.warnings) options.onWarning?.(warning);
      const writer = new SegmentWriter({
        settings,
        observer: options,
        sealed: await agesOf(recovered),
        lastSequence: recovered.lastSequence,
        keepFrom: options.keepFrom ?? (() => null),
      });
      const journal = new Journal({ lock, writer, observer: options, nowMs, folder, recovered });
      await writer.retain(0).catch((cause: unknown) => journal.report(cause));
      return journal;
    } catch (cause) {
      await lock.release();
      throw cause;
    }
  }

  /** Bytes that recovery cut off when this journal was opened. */
  get tornBytes(): number {
    return this.parts.recovered.tornBytes;
  }

  get disk(): { readonly segments: number; readonly bytes: number } {
    return { segments: this.parts.writer.segmentCount, bytes: this.parts.writer.bytesTotal };
  }

  /**
   * Adds a record. Text is stored as UTF-8.
   *
   * @returns The position, once the record is written (mode `write`) or on disk (mode `commit`).
   *   Rejects with a JournalError when it is not: the record then does not exist and its number
   *   stays unused.
   */
  append(type: JournalRecordType, payload: Uint8Array | string): Promise<JournalPosition> {
    if (this.closed !== null) {
      return Promise.reject(new JournalError('JOURNAL_CLOSED', 'the journal has been closed'));
    }
    this.lastTimeMs = Math.max(this.lastTimeMs, this.parts.nowMs());
    let appended: Promise<JournalPosition>;
    try {
      const head = { type, sequence: this.nextSequence, timeMs: this.lastTimeMs };
      appended = this.filling.add(head, payload);
    } catch (cause) {
      this.report(cause);
      return Promise.reject(this.toError(cause));
    }
    this.nextSequence += 1;
    if (!this.scheduled && this.flushing === null) {
      this.scheduled = true;
      setImmediate(() => {
        this.scheduled = false;
        this.startFlush();
      });
    }
    return appended;
  }

  /** Waits until everything appended so far is settled. */
  async flush(): Promise<void> {
    this.startFlush();
    await this.flushing;
  }

  /**
   * Flushes, forces the last segment to disk and gives the folder free. Appends after it are
   * refused.
   */
  close(): Promise<void> {
    this.closed ??= this.shut();
    return this.closed;
  }

  private async shut(): Promise<void> {
    clearInterval(this.retentionTimer);
    await this.flush();
    await this.parts.writer.close();
    await this.parts.lock.release();
  }

  private startFlush(): void {
    if (this.flushing === null && this.filling.records > 0) this.flushing = this.flushAll();
  }

  private async flushAll(): Promise<void> {
    while (this.filling.records > 0) {
      const group = this.filling;
      this.filling = this.spare;
      this.spare = group;
      await this.flushGroup(group);
    }
    // In the same turn as the last look at `filling`: an append in between would wait for ever.
    this.flushing = null;
  }

  private async flushGroup(group: Group): Promise<void> {
    const { writer, observer } = this.parts;
    const { records, bytes } = group;
    let written: Written;
    try {
      written = await writer.write(group);
    } catch (cause) {
      group.reject(this.toError(cause));
      this.report(cause);
      return;
    }
    group.resolve(written.segment, written.offset);
    const { writeUs, syncUs } = written;
    observer.onGroup?.({ records, bytes, writeUs, syncUs, queuedRecords: this.filling.records });
  }

  /** Between groups, so that nothing is deleted under a write. */
  private retain(): void {
    if (this.flushing !== null) return;
    this.flushing = this.parts.writer
      .retain(0)
      .catch((cause: unknown) => this.report(cause))
      .then(() => this.flushAll());
  }

  private report(cause: unknown): void {
    this.parts.observer.onError?.(this.toError(cause));
  }

  private toError(cause: unknown): JournalError {
    return toJournalError(cause, 'JOURNAL_WRITE_FAILED', this.parts.folder);
  }
}

async function agesOf(recovered: Recovered): Promise<SegmentAge[]> {
  const ages: SegmentAge[] = [];
  for (const segment of recovered.segments) {
    const header = await readHeaderOf(segment);
    const createdMs = header?.createdMs ?? ages.at(-1)?.createdMs ?? 0;
    ages.push({ firstSequence: segment.firstSequence, bytes: segment.bytes, createdMs });
  }
  return ages;
}
