export type StoreErrorKind = 'timeout' | 'unavailable';

/**
 * The store did not answer: `timeout` = not in time, `unavailable` = not connected or refused by
 * the server.
 */
export class StoreError extends Error {
  constructor(
    readonly kind: StoreErrorKind,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'StoreError';
  }
}
