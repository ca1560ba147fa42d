import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JournalError } from './journal-error.js';
import type { GroupReport, JournalMode, JournalOptions } from './journal-options.js';
import { Journal } from './journal.js';
import { readJournal, type JournalProblem, type JournalRecord } from './read-journal.js';

let folder: string;
let nowMs: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-'));
  nowMs = 1_700_000_000_000;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const openJournal = (options: Partial<JournalOptions> = {}): Promise<Journal> =>
  Journal.open({
    folder,
    mode: 'write',
    nowMs: () => nowMs,
    onError: (error) => {
      throw error;
    },
    ...options,
  });

async function collect(source: AsyncIterable<JournalRecord>): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of source) records.push(record);
  return records;
}

async function readAll(
  options: Partial<Parameters<typeof readJournal>[1]> = {},
): Promise<{ records: JournalRecord[]; problems: JournalProblem[] }> {
  const problems: JournalProblem[] = [];
  const records = await collect(
    readJournal(folder, { onProblem: (problem) => problems.push(problem), ...options }),
  );
  return { records, problems };
}

const texts = (records: readonly JournalRecord[]): string[] =>
  records.map((record) => record.payload.toString());

describe.each<JournalMode>(['commit', 'write'])('in mode %s', (mode) => {
  test('what was appended is read back in order, with type, time and position', async () => {
    const journal = await openJournal({ mode });
    const first = journal.append('decision', 'Grüße, 支付 🙂');
    nowMs += 5;
    const second = journal.append('label', Buffer.from([0, 255, 1]));
    const positions = [await first, await second];
    await journal.close();

    const { records, problems } = await readAll();
    expect(problems).toEqual([]);
    expect(records.map((record) => record.position)).toEqual(positions);
    expect(records.map((record) => [record.type, record.timeMs])).toEqual([
      ['decision', 1_700_000_000_000],
      ['label', 1_700_000_000_005],
    ]);
    expect(records[0]?.payload.toString()).toBe('Grüße, 支付 🙂');
    expect(records[1]?.payload).toEqual(Buffer.from([0, 255, 1]));
  });

  test('appends of one turn go to disk as one group', async () => {
    const groups: GroupReport[] = [];
    const journal = await openJournal({ mode, onGroup: (group) => groups.push(group) });
    await Promise.all(Array.from({ length: 100 }, (_, i) => journal.append('decision', `${i}`)));
    await journal.close();
    expect(groups.map((group) => group.records)).toEqual([100]);
    expect(texts((await readAll()).records)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });

  test('numbers go on where they stopped when the journal is opened again', async () => {
    for (const round of [1, 2, 3]) {
      const journal = await openJournal({ mode });
      expect((await journal.append('decision', `round ${round}`)).sequence).toBe(round);
      await journal.close();
    }
    const { records, problems } = await readAll();
    expect(problems).toEqual([]);
    expect(texts(records)).toEqual(['round 1', 'round 2', 'round 3']);
  });
});

test('a journal opened and closed without records stays empty and can be opened again', async () => {
  await (await openJournal()).close();
  await (await openJournal()).close();
  expect(await readAll()).toEqual({ records: [], problems: [] });
});

test('records larger than the buffers are kept whole, and above the limit refused', async () => {
  const errors: string[] = [];
  const journal = await openJournal({ onError: (error) => errors.push(error.code) });
  const large = 'é'.repeat(400_000);
  const kept = journal.append('decision', large);
  const refused = journal.append('decision', new Uint8Array(1_048_577));
  await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_RECORD_TOO_LARGE' });
  const after = journal.append('decision', 'after');
  expect([(await kept).sequence, (await after).sequence]).toEqual([1, 2]);
  expect(errors).toEqual(['JOURNAL_RECORD_TOO_LARGE']);
  await journal.close();
  expect(texts((await readAll()).records)).toEqual([large, 'after']);
});

test('more than the buffer holds is refused at once, and what was taken is written', async () => {
  const errors: string[] = [];
  const journal = await openJournal({ onError: (error) => errors.push(error.code) });
  const payload = new Uint8Array(1_000_000);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => journal.append('decision', payload)),
  );
  const codes = results.map((result) =>
    result.status === 'rejected' && result.reason instanceof JournalError
      ? result.reason.code
      : result.status,
  );
  expect(codes).toEqual([
    ...Array.from({ length: 8 }, () => 'fulfilled'),
    ...Array.from({ length: 4 }, () => 'JOURNAL_OVERLOADED'),
  ]);
  expect(errors).toEqual(codes.slice(8));
  expect((await journal.append('decision', 'after')).sequence).toBe(9);
  await journal.close();
});

test('segments are sealed at their size and named by their first record', async () => {
  const journal = await openJournal({ segmentBytesMax: 4_096 });
  for (let i = 0; i < 10; i += 1) await journal.append('decision', 'x'.repeat(1_000));
  await journal.close();
  const names = (await readdir(folder)).sort();
  expect(names).toEqual(
    ['000000000000001', '000000000000004', '000000000000007', '000000000000010'].map(
      (digits) => `${digits}.journal`,
    ),
  );
  expect((await readAll()).records).toHaveLength(10);
});

test('a closed journal refuses appends', async () => {
  const journal = await openJournal();
  await journal.close();
  await expect(journal.append('decision', 'late')).rejects.toMatchObject({
    code: 'JOURNAL_CLOSED',
  });
});

test('times never go back, even when the clock does', async () => {
  const journal = await openJournal();
  await journal.append('decision', 'a');
  nowMs -= 60_000;
  await journal.append('decision', 'b');
  await journal.close();
  const { records } = await readAll();
  expect(records[1]?.timeMs).toBe(records[0]?.timeMs);
});

test('a full disk rejects the records with what to do, and the next ones are taken again', async () => {
  const errors: string[] = [];
  const journal = await openJournal({ onError: (error) => errors.push(error.code) });
  // Writing to this device fails with ENOSPC, as on a full disk.
  await symlink('/dev/full', join(folder, '000000000000001.journal'));
  const rejected = journal.append('decision', 'lost');
  await expect(rejected).rejects.toThrow(/disk .* is full: free space/);
  expect(errors).toEqual(['JOURNAL_DISK_FULL']);

  expect(await readdir(folder)).toEqual(['writer.lock']);
  expect((await journal.append('decision', 'kept')).sequence).toBe(2);
  await journal.close();
  const { records, problems } = await readAll();
  expect(texts(records)).toEqual(['kept']);
  expect(problems).toEqual([]);
});

test.each([
  ['a segment too small', { segmentBytesMax: 100 }],
  ['a disk bound of less than two segments', { segmentBytesMax: 8_192, diskBytesMax: 9_000 }],
])('%s is refused at opening', async (_, bounds) => {
  await expect(openJournal(bounds)).rejects.toMatchObject({ code: 'JOURNAL_OPTIONS_INVALID' });
});
