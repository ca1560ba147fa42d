import { rm } from 'node:fs/promises';
import { closeFile, openFile, syncData, truncateFile, writeAll } from './file-calls.js';
import type { Group } from './group.js';
import { JournalError, toJournalError } from './journal-error.js';
import type { JournalObserver, JournalSettings } from './journal-options.js';
import { planRetention, type SegmentAge } from './retention.js';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment.js';
import { segmentPath, syncFolder } from './segment-folder.js';

export interface Written {
  readonly segment: number;
  readonly offset: number;
  readonly writeUs: number;
  readonly syncUs: number;
}

interface OpenSegment {
  readonly descriptor: number;
  readonly firstSequence: number;
  readonly createdMs: number;
  bytes: number;
  /**
   * A sync in the background failed: what is written here from now on might never reach the disk.
   */
  doubtful: boolean;
}

export interface SegmentWriterOptions {
  readonly settings: JournalSettings;
  readonly observer: JournalObserver;
  readonly sealed: readonly SegmentAge[];
  readonly lastSequence: number;
  readonly keepFrom: () => number | null;
}

const US_PER_MS = 1000;

/**
 * Puts groups into segment files, one after the other: starts and seals segments, keeps the disk
 * bound.
 */
export class SegmentWriter {
  private active: OpenSegment | null = null;
  private sealed: SegmentAge[];
  private lastSequence: number;
  private readonly retiring = new Set<Promise<void>>();
  private syncTimer: NodeJS.Timeout | null = null;

  constructor(private readonly options: SegmentWriterOptions) {
    this.sealed = [...options.sealed];
    this.lastSequence = options.lastSequence;
  }

  get bytesTotal(): number {
    return this.sealed.reduce((sum, segment) => sum + segment.bytes, this.active?.bytes ?? 0);
  }

  get segmentCount(): number {
    return this.sealed.length + (this.active === null ? 0 : 1);
  }

  /**
   * Writes a group, and in mode `commit` waits for the disk. After a failure nothing of the group
   * counts.
   */
  async write(group: Group): Promise<Written> {
    const { mode } = this.options.settings;
    const segment = await this.segmentFor(group);
    const offset = segment.bytes;
    const startMs = performance.now();
    try {
      await writeAll(segment.descriptor, group.content, offset);
    } catch (cause) {
      await this.abandon(segment);
      throw this.failure(cause, 'JOURNAL_WRITE_FAILED');
    }
    const writtenMs = performance.now();
    let syncUs = 0;
    if (mode === 'commit') {
      try {
        await syncData(segment.descriptor);
      } catch (cause) {
        // The kernel may have dropped the pages it could not write: syncing again would lie. Start
        // a new file.
        await this.abandon(segment);
        throw this.failure(cause, 'JOURNAL_SYNC_FAILED');
      }
      syncUs = (performance.now() - writtenMs) * US_PER_MS;
    } else {
      this.syncSoon();
    }
    segment.bytes = offset + group.bytes;
    this.lastSequence = group.firstSequence + group.records - 1;
    return {
      segment: segment.firstSequence,
      offset,
      writeUs: (writtenMs - startMs) * US_PER_MS,
      syncUs,
    };
  }

  /**
   * Deletes what is past its time or over the bound; throws when `incomingBytes` would break the
   * bound even so.
   */
  async retain(incomingBytes: number): Promise<void> {
    const { settings, keepFrom } = this.options;
    const plan = planRetention([...this.sealed, this.activeAge(incomingBytes)], {
      nowMs: settings.nowMs(),
      retentionMs: settings.retentionMs,
      diskBytesMax: settings.diskBytesMax,
      incomingBytes,
      keepFrom: keepFrom(),
    });
    for (const segment of this.sealed.slice(0, plan.count)) {
      // By force: an operator in need of space may have been here first.
      await rm(segmentPath(settings.folder, segment.firstSequence), { force: true });
    }
    this.sealed = this.sealed.slice(plan.count);
    if (plan.count > 0) this.reportDisk(plan.count);
    if (!plan.fits) {
      throw new JournalError(
        'JOURNAL_BOUND_REACHED',
        `the journal in ${settings.folder} is at its bound of ${settings.diskBytesMax} bytes and nothing can be` +
          ' deleted: raise the bound, or look why its records are not read on',
      );
    }
  }

  async close(): Promise<void> {
    const segment = this.active;
    this.active = null;
    if (segment !== null) this.retire(segment);
    await Promise.all(this.retiring);
  }

  private async segmentFor(group: Group): Promise<OpenSegment> {
    const { settings } = this.options;
    const current = this.active;
    if (current !== null && this.takes(current, group.bytes)) {
      if (this.bytesTotal + group.bytes > settings.diskBytesMax) await this.retain(group.bytes);
      return current;
    }
    await this.retain(group.bytes + SEGMENT_HEADER_BYTES);
    if (current !== null) this.seal(current);
    try {
      return await this.start(group.firstSequence);
    } catch (cause) {
      throw this.failure(cause, 'JOURNAL_WRITE_FAILED');
    }
  }

  private takes({ bytes, createdMs, doubtful }: OpenSegment, incomingBytes: number): boolean {
    const { segmentBytesMax, segmentMsMax, nowMs } = this.options.settings;
    const full = bytes + incomingBytes > segmentBytesMax;
    return !full && !doubtful && nowMs() - createdMs <= segmentMsMax;
  }

  private async start(firstSequence: number): Promise<OpenSegment> {
    const { folder, mode, nowMs } = this.options.settings;
    const createdMs = nowMs();
    // A file of this name holds no acknowledged record: its first would have had this number.
    const descriptor = await openFile(segmentPath(folder, firstSequence), 'w');
    const segment = {
      descriptor,
      firstSequence,
      createdMs,
      bytes: SEGMENT_HEADER_BYTES,
      doubtful: false,
    };
    try {
      const { lastSequence: previousSequence } = this;
      const header = encodeSegmentHeader({ firstSequence, previousSequence, createdMs });
      await writeAll(descriptor, header, 0);
      const named = syncFolder(folder);
      if (mode === 'commit') await named;
      else this.inBackground(named);
    } catch (cause) {
      await closeFile(descriptor);
      await this.remove(firstSequence);
      throw cause;
    }
    this.active = segment;
    // A segment that was started and never filled before a restart has the same name.
    this.sealed = this.sealed.filter((sealed) => sealed.firstSequence !== firstSequence);
    this.reportDisk(0);
    return segment;
  }

  private seal(segment: OpenSegment): void {
    this.active = null;
    this.sealed.push({
      firstSequence: segment.firstSequence,
      bytes: segment.bytes,
      createdMs: segment.createdMs,
    });
    this.retire(segment);
  }

  private retire(segment: OpenSegment): void {
    const { descriptor } = segment;
    const synced = syncData(descriptor);
    this.inBackground(
      synced.then(
        () => closeFile(descriptor),
        async (cause: unknown) => {
          await closeFile(descriptor);
          throw cause;
        },
      ),
    );
  }

  /**
   * Cuts a failed group off; where even that fails, readers stop at `previousSequence` of the next
   * segment.
   */
  private async abandon(segment: OpenSegment): Promise<void> {
    try {
      await truncateFile(segment.descriptor, segment.bytes);
    } catch (cause) {
      this.options.observer.onError?.(this.failure(cause, 'JOURNAL_WRITE_FAILED'));
    }
    if (segment.bytes > SEGMENT_HEADER_BYTES) {
      this.seal(segment);
      return;
    }
    // Nothing good is in it; a full disk would be littered with such files, one for each group.
    this.active = null;
    this.retire(segment);
    await this.remove(segment.firstSequence);
  }

  /**
   * Removes a segment that holds no record. Left over, it is no worse than unsightly: readers pass
   * it by.
   */
  private async remove(firstSequence: number): Promise<void> {
    try {
      await rm(segmentPath(this.options.settings.folder, firstSequence), { force: true });
    } catch (cause) {
      this.options.observer.onError?.(this.failure(cause, 'JOURNAL_WRITE_FAILED'));
    }
  }

  private syncSoon(): void {
    if (this.syncTimer !== null) return;
    this.syncTimer = setTimeout(() => {
      this.syncTimer = null;
      const segment = this.active;
      if (segment === null) return;
      const synced = syncData(segment.descriptor);
      this.inBackground(synced, () => {
        segment.doubtful = true;
      });
    }, this.options.settings.syncIntervalMs);
    this.syncTimer.unref();
  }

  /** Work nobody waits for, except `close`. */
  private inBackground(work: Promise<void>, onFailure?: () => void): void {
    const guarded = work
      .catch((cause: unknown) => {
        onFailure?.();
        this.options.observer.onError?.(this.failure(cause, 'JOURNAL_SYNC_FAILED'));
      })
      .finally(() => this.retiring.delete(guarded));
    this.retiring.add(guarded);
  }

  /** The segment that is (or is about to be) written, as retention sees it. */
  private activeAge(incomingBytes: number): SegmentAge {
    const { active, lastSequence } = this;
    const { nowMs } = this.options.settings;
    if (active !== null && incomingBytes === 0) return active;
    return {
      firstSequence: active?.firstSequence ?? lastSequence + 1,
      bytes: active?.bytes ?? 0,
      createdMs: active?.createdMs ?? nowMs(),
    };
  }

  private reportDisk(deleted: number): void {
    const { segmentCount: segments, bytesTotal: bytes } = this;
    this.options.observer.onDisk?.({ segments, bytes, deleted });
  }

  private failure(cause: unknown, code: 'JOURNAL_WRITE_FAILED' | 'JOURNAL_SYNC_FAILED') {
    return toJournalError(cause, code, this.options.settings.folder);
  }
}
