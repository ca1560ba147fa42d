import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
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

/** What a wrong header is answered with. */
export function headerInvalid(pointer: string, detail: string): AppError {
  return new AppError('REQUEST_HEADER_INVALID', { errors: [{ pointer, detail }] });
}

/** By connection, a request that was answered before its body had come. */
const answeredEarly = new WeakMap<Socket, IncomingMessage>();

/** Should the rest of this request turn out broken, it is not answered a second time. */
export function markAnswered(request: IncomingMessage): void {
  if (!request.complete) answeredEarly.set(request.socket, request);
}

/** Answers a request with an expectation that HTTP does not know (RFC 9110, 10.1.1). */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const { body, head } = problemMessage(headerInvalid('Expect', 'only 100-continue is known'));
  response.writeHead(head.status, { ...head.headers, connection: 'close' }).end(body);
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
  if (answeredEarly.get(socket)?.complete === false) {
    socket.end();
    return;
  }
  const { body, head } = problemMessage(errorOf(failure.code));
  const fields = Object.entries(head.headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${head.status} ${STATUS_CODES[head.status] ?? ''}`;
  socket.end([status, ...fields, 'connection: close', '', body].join('\r\n'));
}

function problemMessage(error: AppError): {
  readonly head: { readonly status: number; readonly headers: Record<string, string> };
  readonly body: string;
} {
  const requestId = randomUUID();
  const body = JSON.stringify(problemOf(error, requestId));
  const headers = {
    'content-type': problemMediaType,
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
  };
  return { head: { status: error.status, headers }, body };
}
