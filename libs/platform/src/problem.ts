import { errorCatalogue, type ErrorCode } from '#contracts/error-catalogue.js';
import { AppError } from '#contracts/app-error.js';
import type { Problem } from '#contracts/problem.js';

export const problemMediaType = 'application/problem+json; charset=utf-8';

/**
 * Where the code is explained: a path of this service, answered by the errors page
 * (docs/reference/errors.md).
 */
export function problemType(code: ErrorCode): string {
  return `/errors/${code}`;
}

/** The problem document of an error (RFC 9457); `requestId` becomes its `instance`. */
export function problemOf(error: AppError, requestId: string): Problem {
  return {
    type: problemType(error.code),
    title: errorCatalogue[error.code].title,
    status: error.status,
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    instance: requestId,
    ...(error.errors.length === 0 ? {} : { errors: [...error.errors] }),
  };
}

/**
 * Fastify's and Nest's own errors by their code or status; their messages quote requests and are
 * never passed on.
 */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'REQUEST_BODY_NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'REQUEST_BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_HEADER_INVALID',
  FST_ERR_BAD_URL: 'REQUEST_URL_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_URL_INVALID',
  FST_ERR_ROUTE_METHOD_NOT_SUPPORTED: 'METHOD_NOT_ALLOWED',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_INVALID',
  401: 'AUTHENTICATION_INVALID',
  403: 'SCOPE_MISSING',
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  413: 'REQUEST_BODY_TOO_LARGE',
  414: 'REQUEST_URL_INVALID',
  415: 'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  429: 'RATE_LIMITED',
  503: 'OVERLOADED',
};

const details: Partial<Record<ErrorCode, string>> = {
  REQUEST_BODY_TOO_LARGE: 'Send at most 65536 bytes.',
  REQUEST_MEDIA_TYPE_UNSUPPORTED: 'Send the header Content-Type: application/json.',
  REQUEST_BODY_NOT_JSON: 'Send one JSON object, encoded as UTF-8.',
  REQUEST_URL_INVALID: 'Percent-encode the path and keep each of its parts under 100 characters.',
  ROUTE_NOT_FOUND: 'See /openapi.json for the routes of this service.',
};

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Record<string, unknown>)[name]
    : undefined;
}

/**
 * Any thrown thing as an AppError. What is not known to be the caller's fault is INTERNAL, and says
 * nothing more.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) {
    return error;
  }
  const code = property(error, 'code');
  // Nest wraps a framework error in an HttpException: status without code.
  const status = property(error, 'statusCode') ?? property(error, 'status');
  const known =
    (typeof code === 'string' ? frameworkCodes[code] : undefined) ??
    (error instanceof SyntaxError && status === 400 ? 'REQUEST_BODY_NOT_JSON' : undefined) ??
    (typeof status === 'number' ? statusCodes[status] : undefined) ??
    'INTERNAL';
  const detail = details[known];
  return new AppError(known, { cause: error, ...(detail === undefined ? {} : { detail }) });
}
