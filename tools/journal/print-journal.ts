import { once } from 'node:events';
import { readJournal, type JournalRecord, type ReadOptions } from '#journal/read-journal.js';
import type { JournalRecordType } from '#journal/record.js';

export interface PrintOptions {
  readonly follow?: boolean;
  readonly type?: JournalRecordType;
  readonly since?: number;
  readonly from?: number;
  readonly limit?: number;
}

/** Writes records to the standard output as lines of JSON; problems go to the standard error. */
export async function printJournal(folder: string, options: PrintOptions): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // The reader of a pipe may go first, as `head` does.
  process.stdout.once('error', () => stop.abort());
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for await (const record of readJournal(folder, readOptions(options, stop.signal))) {
    const room = process.stdout.write(`${toLine(record)}\n`);
    if (!room) await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]);
    left -= 1;
    if (left === 0 || stop.signal.aborted) break;
  }
}

function readOptions(options: PrintOptions, signal: AbortSignal): ReadOptions {
  return {
    signal,
    follow: options.follow ?? false,
    ...(options.type === undefined ? {} : { types: [options.type] }),
    ...(options.since === undefined ? {} : { sinceMs: options.since }),
    ...(options.from === undefined ? {} : { fromSequence: options.from }),
    onProblem: ({ segment, offset, message }) => {
      process.stderr.write(`segment ${segment} at byte ${offset}: ${message}\n`);
    },
  };
}

function toLine({ position, timeMs, type, payload }: JournalRecord): string {
  const head = JSON.stringify({
    sequence: position.sequence,
    time: new Date(timeMs).toISOString(),
    type,
  });
  // The payload is JSON already: parsing it would only change how its numbers are written.
  return `${head.slice(0, -1)},"payload":${payload.toString('utf8')}}`;
}
