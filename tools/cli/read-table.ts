import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { parse } from 'csv-parse';

const READ_BYTES = 256 * 1024;

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

/** The rows of a CSV file (RFC 4180), its header first. */
export async function* readCsv(path: string): AsyncGenerator<readonly string[], void, undefined> {
  const source = openUnpacked(path);
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true });
  source.on('error', (error) => parser.destroy(error));
  yield* source.pipe(parser) as AsyncIterable<string[]>;
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
