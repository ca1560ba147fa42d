import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { UserError } from './user-error.js';

const READ_BYTES = 64 * 1024;
/**
 * Few enough that what becomes of a batch dies in the young generation: 4,000 made a replay a third
 * slower.
 */
const BATCH_ROWS = 256;

/** A file's bytes, unpacked where its name ends in .gz or .zst. */
function openUnpacked(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const unpacker = path.endsWith('.gz')
    ? createGunzip({ chunkSize: READ_BYTES })
    : path.endsWith('.zst')
      ? createZstdDecompress({ chunkSize: READ_BYTES })
      : null;
  if (unpacker === null) return file;
  file.on('error', (error) => unpacker.destroy(error));
  return file.pipe(unpacker);
}

/**
 * The rows of a CSV file (RFC 4180), its header first, in batches: awaiting each row would cost
 * more than parsing it.
 */
export async function* readCsvBatches(
  path: string,
): AsyncGenerator<readonly (readonly string[])[], void, undefined> {
  const source = openUnpacked(path);
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let isOpen = true;
  let wake: (() => void) | null = null;
  const notify = (): void => wake?.();
  parser.on('readable', notify);
  const ended = finished(parser, { writable: false }).finally(() => {
    isOpen = false;
    notify();
  });
  // Thrown below, where the reader can see it.
  ended.catch(() => undefined);
  try {
    for (;;) {
      const batch: string[][] = [];
      while (batch.length < BATCH_ROWS) {
        const row = parser.read() as string[] | null;
        if (row === null) break;
        batch.push(row);
      }
      if (batch.length > 0) yield batch;
      else if (!isOpen) break;
      else if (parser.readableLength === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    await ended;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** The rows of a CSV file, one by one, its header first. */
export async function* readCsv(path: string): AsyncGenerator<readonly string[], void, undefined> {
  for await (const batch of readCsvBatches(path)) yield* batch;
}

/** The lines of a text file. */
export async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  const source = openUnpacked(path);
  let failure: unknown = null;
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  source.on('error', (error) => {
    // The line reader would only stop, as if the file ended here.
    failure = error;
    lines.close();
  });
  try {
    yield* lines;
  } catch (error) {
    failure ??= error;
  }
  if (failure !== null) throw unreadable(path, failure);
}

/** What a user can do about a file that cannot be read; other errors stay what they are. */
function unreadable(path: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    return new UserError(`${path}: ${error.message}`, 'is it CSV? Mend that line');
  }
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT':
      return new UserError(`${path} does not exist`, 'correct its name');
    case 'EISDIR':
      return new UserError(`${path} is a folder`, 'name a file in it');
    case 'EACCES':
      return new UserError(`${path} may not be read`, 'give yourself the right to');
    case 'Z_BUF_ERROR':
      return new UserError(`${path} ends too early: it was cut off`, 'copy or download it again');
    case 'Z_DATA_ERROR':
    case 'ZSTD_error_prefix_unknown':
      return new UserError(`${path} is damaged, or not packed as its name says`, 'name it right');
    default:
      return error;
  }
}

/** Whether the name says CSV, packed or not; anything else is JSON lines. */
export function isCsvName(path: string): boolean {
  return /\.csv(\.gz|\.zst)?$/.test(path);
}
