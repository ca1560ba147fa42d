import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from './journal.js';
import { JournalTransport, type JournalTransportOptions } from './journal-transport.js';
import { LOG_RECORDS, type ShippedRecord } from './shipped-record.js';

let folder: string;
let nowMs: number;
let transport: JournalTransport | null;
let other: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-transport-'));
  nowMs = 1_000;
  transport = null;
  other = 0;
});
afterEach(async () => {
  await transport?.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(texts: readonly string[]): Promise<void> {
  const journal = await Journal.open({ folder, mode: 'write', nowMs: () => nowMs });
  for (const text of texts) {
    nowMs += 1;
    await journal.append('decision', text);
  }
  await journal.close();
}

function ship(
  handler: (records: readonly ShippedRecord[]) => Promise<void>,
  options: Partial<JournalTransportOptions> = {},
): void {
  transport = new JournalTransport({
    folder,
    position: async () => null,
    onProblem: (problem) => {
      throw new Error(problem.message);
    },
    onRetry: () => undefined,
    onOtherJournal: () => {
      other += 1;
    },
    ...options,
  });
  transport.addHandler(LOG_RECORDS, handler, true);
  transport.listen(() => undefined);
}

const texts = (batches: readonly (readonly ShippedRecord[])[]): string[] =>
  batches.flat().map(({ text }) => text);

test('records arrive in order, with their places, and new ones as they are written', async () => {
  const batches: (readonly ShippedRecord[])[] = [];
  await write(['a', 'b']);
  ship(async (records) => void batches.push(records));
  await vi.waitFor(() => expect(texts(batches)).toEqual(['a', 'b']));
  await write(['c']);
  await vi.waitFor(() => expect(texts(batches)).toEqual(['a', 'b', 'c']));
  const records = batches.flat();
  expect(records[0]).toEqual({
    source: 'journal',
    sequence: 1,
    timeMs: 1_001,
    type: 'decision',
    text: 'a',
  });
  expect(records.map(({ sequence }) => sequence)).toEqual(
    records.map(({ sequence }) => sequence).toSorted((one, two) => one - two),
  );
  expect(other).toBe(0);
});

test('a batch that fails comes again, and nothing overtakes it', async () => {
  const seen: string[] = [];
  const retried = vi.fn<(error: unknown, waitMs: number) => void>();
  let failures = 2;
  await write(['a', 'b', 'c']);
  ship(
    async (records) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the database is away');
      seen.push(...records.map(({ text }) => text));
    },
    { onRetry: retried },
  );
  await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c']));
  expect(retried.mock.calls.map(([, waitMs]) => waitMs)).toEqual([100, 200]);
});

test('shipping goes on behind the position, asked for until it is known', async () => {
  const batches: (readonly ShippedRecord[])[] = [];
  await write(['a', 'b', 'c']);
  let asked = 0;
  ship(async (records) => void batches.push(records), {
    position: async () => {
      asked += 1;
      if (asked === 1) throw new Error('the database is away');
      return { sequence: 2, timeMs: 1_002 };
    },
  });
  await vi.waitFor(() => expect(texts(batches)).toEqual(['c']));
  expect(other).toBe(0);
});

test.each([
  { name: 'has another record there', position: { sequence: 2, timeMs: 77 } },
  { name: 'is shorter', position: { sequence: 9, timeMs: 1_009 } },
])('a journal that $name than the position says is read from its beginning', async (given) => {
  const batches: (readonly ShippedRecord[])[] = [];
  await write(['a', 'b', 'c']);
  ship(async (records) => void batches.push(records), { position: async () => given.position });
  await vi.waitFor(() => expect(texts(batches)).toEqual(['a', 'b', 'c']));
  expect(other).toBe(1);
});

test('close waits for the batch in hand', async () => {
  let finished = false;
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  await write(['a']);
  ship(async () => {
    begin();
    await new Promise((resolve) => setTimeout(resolve, 30));
    finished = true;
  });
  await begun;
  await transport?.close();
  expect(finished).toBe(true);
});
