import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#contracts/app-error.js';

export const CSV_MEDIA_TYPE = 'text/csv';

/**
 * CSV as it was sent. The bytes are hidden from what walks over bodies of JSON: whoever reads the
 * lines looks for card numbers in them.
 */
export class CsvBody {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

/** @throws AppError REQUEST_BODY_TOO_LARGE, REQUEST_INVALID for another encoding than UTF-8. */
export async function readCsvBody(
  request: FastifyRequest & { rawBody?: Buffer | undefined },
  payload: IncomingMessage,
  bytesMax: number,
): Promise<CsvBody> {
  const bytes = await readUpTo(payload, bytesMax);
  if (!isUtf8(bytes)) throw new AppError('REQUEST_INVALID', { detail: 'Send CSV in UTF-8.' });
  // What a signature is made over.
  request.rawBody = bytes;
  return new CsvBody(bytes);
}

/** Not by iteration, which would destroy a body that is too large, and the answer with it. */
function readUpTo(payload: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const onData = (part: Buffer): void => {
      length += part.length;
      parts.push(part);
      if (length <= bytesMax) return;
      payload.off('data', onData);
      const detail = `Send at most ${bytesMax} bytes at once, or use npm run labels -- import.`;
      reject(new AppError('REQUEST_BODY_TOO_LARGE', { detail }));
    };
    payload.on('data', onData);
    payload.once('end', () => resolve(Buffer.concat(parts)));
    payload.once('error', reject);
  });
}

/**
 * The CSV of a request.
 *
 * @throws AppError REQUEST_MEDIA_TYPE_UNSUPPORTED when it sent another type.
 */
export function csvBodyOf(request: FastifyRequest): Buffer {
  if (request.body instanceof CsvBody) return request.body.bytes;
  throw csvWanted();
}

function csvWanted(): AppError {
  return new AppError('REQUEST_MEDIA_TYPE_UNSUPPORTED', {
    detail: `Send the header Content-Type: ${CSV_MEDIA_TYPE}.`,
  });
}
