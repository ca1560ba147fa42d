import { JournalError } from './journal-error.js';

/**
 * When `append` resolves: after the group's fdatasync, or after its write (the disk follows within
 * `syncIntervalMs`).
 */
export type JournalMode = 'commit' | 'write';

/** What one group cost. Called once per group, on the main thread: keep it cheap. */
export interface GroupReport {
  readonly records: number;
  readonly bytes: number;
  readonly writeUs: number;
  /** 0 in mode `write`, where nobody waits for the disk. */
  readonly syncUs: number;
  /** Records that arrived while this group was on its way. */
  readonly queuedRecords: number;
}

export interface JournalObserver {
  onGroup?(report: GroupReport): void;
  /** After a segment was started, or old ones were deleted. */
  onDisk?(report: {
    readonly segments: number;
    readonly bytes: number;
    readonly deleted: number;
  }): void;
  /** A failure that an operator should see. The appends concerned have been rejected. */
  onError?(error: JournalError): void;
  /** What recovery found at opening that a clean stop does not leave behind. */
  onWarning?(message: string): void;
}

export interface JournalOptions extends JournalObserver {
  readonly folder: string;
  readonly mode: JournalMode;
  /** The clock: epoch ms. */
  readonly nowMs: () => number;
  readonly segmentBytesMax?: number;
  readonly retentionMs?: number;
  /** All segments together never pass this; the oldest are deleted first. */
  readonly diskBytesMax?: number;
  /**
   * In mode `write`: how long an acknowledged record may exist in memory only, should the power
   * fail.
   */
  readonly syncIntervalMs?: number;
  /**
   * The lowest sequence somebody still has to read (shipping); what is at or after it is never
   * deleted.
   */
  readonly keepFrom?: () => number | null;
}

const SEGMENT_BYTES_DEFAULT = 64 * 1_048_576;
const SEGMENT_BYTES_MIN = 4_096;
/**
 * A segment is sealed after this share of the retention, full or not: a quiet journal forgets in
 * time too.
 */
const SEGMENT_SHARE_OF_RETENTION = 1 / 24;
const SEGMENT_MS_MIN = 60_000;
const RETENTION_MS_DEFAULT = 7 * 86_400_000;
const DISK_BYTES_DEFAULT = 8 * 1_073_741_824;
const SYNC_INTERVAL_MS_DEFAULT = 100;

export type JournalSettings = Required<
  Pick<
    JournalOptions,
    | 'folder'
    | 'mode'
    | 'nowMs'
    | 'segmentBytesMax'
    | 'retentionMs'
    | 'diskBytesMax'
    | 'syncIntervalMs'
  >
> & { readonly segmentMsMax: number };

/** Fills the defaults and refuses bounds that cannot be kept. */
export function settle(options: JournalOptions): JournalSettings {
  const retentionMs = options.retentionMs ?? RETENTION_MS_DEFAULT;
  const settings = {
    folder: options.folder,
    mode: options.mode,
    nowMs: options.nowMs,
    segmentBytesMax: options.segmentBytesMax ?? SEGMENT_BYTES_DEFAULT,
    retentionMs,
    segmentMsMax: Math.max(SEGMENT_MS_MIN, retentionMs * SEGMENT_SHARE_OF_RETENTION),
    diskBytesMax: options.diskBytesMax ?? DISK_BYTES_DEFAULT,
    syncIntervalMs: options.syncIntervalMs ?? SYNC_INTERVAL_MS_DEFAULT,
  };
  if (settings.segmentBytesMax < SEGMENT_BYTES_MIN) {
    throw new JournalError(
      'JOURNAL_OPTIONS_INVALID',
      `a journal segment must hold at least ${SEGMENT_BYTES_MIN} bytes`,
    );
  }
  if (settings.diskBytesMax < 2 * settings.segmentBytesMax) {
    throw new JournalError(
      'JOURNAL_OPTIONS_INVALID',
      'the disk bound of the journal must be at least two segments: one is being written, one can be deleted',
    );
  }
  return settings;
}
