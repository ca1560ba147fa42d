import { AppError } from '#contracts/app-error.js';

const WAITING_MAX = 8;
const RETRY_AFTER_SECONDS = 5;

/**
 * Runs long work one after the other, so that the log beside it is stored in the meantime. Who asks
 * for what is being worked on already gets the same answer.
 */
export class OneAtATime {
  private readonly inFlight = new Map<string, Promise<unknown>>();
  private last: Promise<unknown> = Promise.resolve();

  /** @throws AppError 'OVERLOADED' when too much waits already. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const same = this.inFlight.get(key);
    if (same !== undefined) return same as Promise<T>;
    if (this.inFlight.size >= WAITING_MAX) {
      throw new AppError('OVERLOADED', {
        detail: `${WAITING_MAX} analyses wait already; ask again shortly.`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const result = this.last.then(work).finally(() => this.inFlight.delete(key));
    this.inFlight.set(key, result);
    this.last = result.catch(() => undefined);
    return result;
  }
}
