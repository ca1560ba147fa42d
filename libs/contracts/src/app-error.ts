import { errorCatalogue, type ErrorCode } from './error-catalogue.js';

/** One thing wrong with a request: where (a JSON pointer or a header name) and what to do. */
export interface ErrorDetail {
  readonly pointer: string;
  readonly detail: string;
}

export interface AppErrorOptions {
  /** A sentence for the caller: what was wrong and what to do. Never a value from the request. */
  readonly detail?: string;
  readonly errors?: readonly ErrorDetail[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The only error that handlers throw; one filter maps it to a problem document (RFC 9457). */
export class AppError extends Error {
  readonly status: number;
  readonly detail: string | undefined;
  readonly errors: readonly ErrorDetail[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(errorCatalogue[code].title, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.status = errorCatalogue[code].status;
    this.detail = options.detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
