export type JournalErrorCode =
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_OPTIONS_INVALID'
  | 'JOURNAL_CLOSED'
  | 'JOURNAL_OVERLOADED'
  | 'JOURNAL_RECORD_TOO_LARGE'
  | 'JOURNAL_BOUND_REACHED'
  | 'JOURNAL_DISK_FULL'
  | 'JOURNAL_WRITE_FAILED'
  | 'JOURNAL_SYNC_FAILED';

/**
 * An operating failure of the journal; the caller of `append` decides what an unrecorded decision
 * means.
 */
export class JournalError extends Error {
  constructor(
    readonly code: JournalErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'JournalError';
  }
}

/** Names a failed system call: a full disk is told apart, because only an operator can mend it. */
export function toJournalError(cause: unknown, code: JournalErrorCode, folder: string) {
  if (cause instanceof JournalError) return cause;
  const system = systemCodeOf(cause);
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return new JournalError(
      'JOURNAL_DISK_FULL',
      `the disk under ${folder} is full: free space, or lower the bound or the retention of the journal`,
      cause,
    );
  }
  const what = code === 'JOURNAL_SYNC_FAILED' ? 'be forced to disk' : 'be written';
  return new JournalError(
    code,
    `the journal in ${folder} could not ${what} (${system ?? String(cause)}): check the disk and its permissions`,
    cause,
  );
}

export function systemCodeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
