import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '#contracts/app-error.js';
import { problemMediaType, problemOf } from './problem.js';

/** What Node's parser complains about, before there is a request to answer. */
function errorOf(code: string | undefined): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('REQUEST_TIMEOUT', { detail: 'Send the whole request within 10 s.' });
  }
  const detail =
    code === 'HPE_HEADER_OVERFLOW'
      ? 'Send less than 16 KiB of headers.'
      : 'The request is not valid HTTP/1.1.';
  return new AppError('REQUEST_HEADER_INVALID', { detail });
}

/**
 * Answers a request that could not be read as HTTP by a problem document, and closes its
 * connection.
 */
export function answerBrokenRequest(
  failure: Error & { readonly code?: string },
  socket: Socket,
): void {
  if (failure.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const error = errorOf(failure.code);
  const body = JSON.stringify(problemOf(error, requestId));
  socket.end(
    [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
      `content-type: ${problemMediaType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
