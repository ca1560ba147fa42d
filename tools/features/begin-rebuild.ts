import type { RebuildProgress } from '#store/rebuild/rebuild-progress.js';
import { nextBatch } from '#store/rebuild/rebuild-progress.js';
import { UserError } from '../cli/user-error.js';

export interface RebuildWish {
  readonly fromMs: number;
  /** Null: until now, or until where a rebuild that is there already goes. */
  readonly untilMs: number | null;
  /** Go through what was rebuilt already once more. */
  readonly isAgain: boolean;
}

export interface Beginning {
  readonly progress: RebuildProgress;
  /** Whether there is anything to do. */
  readonly isNeeded: boolean;
  /** Whether the batch that comes first may have been done in part. */
  readonly resumes: boolean;
}

/**
 * Where a rebuild begins, given how far an earlier one came on this Redis; null = there was none
 * since it was empty.
 */
export function beginRebuild(
  stored: RebuildProgress | null,
  { fromMs, untilMs, isAgain }: RebuildWish,
  nowMs: number,
): Beginning {
  if (stored !== null && !stored.is_finished) {
    if (!isAgain) return { progress: stored, isNeeded: true, resumes: true };
    throw new UserError('an earlier rebuild is not finished', 'run it without --again first');
  }
  const until = Math.min(nowMs, untilMs ?? nowMs);
  const begun = { started_at_ms: nowMs, stretch: null, is_again: isAgain, is_finished: false };
  if (stored === null || isAgain) {
    const batch = stored === null ? 1 : nextBatch(stored.batch);
    const progress = { ...begun, until_ms: until, done_from_ms: until, batch };
    return { progress, isNeeded: true, resumes: false };
  }
  const isNeeded = fromMs < stored.done_from_ms;
  return { progress: isNeeded ? { ...stored, ...begun } : stored, isNeeded, resumes: false };
}
