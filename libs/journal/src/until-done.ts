import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
/** Work that went well for this long had succeeded: its failure is the first of a new row. */
const STEADY_MS = 30_000;

export interface RetryOptions {
  /** Ends the tries. */
  readonly signal: AbortSignal;
  /** It failed, and is tried again after a wait. */
  readonly onRetry: (error: unknown, waitMs: number) => void;
}

/** Tries until it succeeds, with growing waits; undefined when it was told to stop before. */
export async function untilDone<T>(
  { signal, onRetry }: RetryOptions,
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
    if (signal.aborted) return undefined;
    const startedAtMs = performance.now();
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (performance.now() - startedAtMs > STEADY_MS) waitMs = RETRY_MS_MIN;
      onRetry(error, waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
