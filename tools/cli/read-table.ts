import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { parse } from 'csv-parse';

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
  let failure: Error | null = null;
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  source.on('error', (error) => {
    // The line reader would only stop, as if the file ended here.
    failure = error;
    lines.close();
  });
  yield* lines;
  if (failure !== null) throw failure as Error;
}

/** Whether the name says CSV, packed or not; anything else is JSON lines. */
export function isCsvName(path: string): boolean {
  return /\.csv(\.gz|\.zst)?$/.test(path);
}
