import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalOptions } from './journal-options.js';
import { Journal } from './journal.js';
import { readJournal, type JournalProblem, type ReadOptions } from './read-journal.js';

let folder: string;
let nowMs: number;
let problems: JournalProblem[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-'));
  nowMs = 1_000;
  problems = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openJournal = (options: Partial<JournalOptions> = {}): Promise<Journal> =>
  Journal.open({
    folder,
    mode: 'write',
    nowMs: () => nowMs,
    segmentBytesMax: 4_096,
    ...options,
  });

const read = (options: Partial<ReadOptions>) =>
  readJournal(folder, { pollMs: 2, onProblem: (problem) => problems.push(problem), ...options });

async function take(count: number, options: Partial<ReadOptions>): Promise<string[]> {
  const texts: string[] = [];
  if (count === 0) return texts;
  for await (const record of read(options)) {
    texts.push(record.payload.toString().trimEnd());
    if (texts.length === count) break;
  }
  return texts;
}

test('a follower that starts before the journal sees every record, over segments and restarts', async () => {
  const seen = take(30, { follow: true });
  for (const round of [0, 1, 2]) {
    const journal = await openJournal();
    for (let i = 0; i < 10; i += 1) {
      await journal.append('decision', `${round * 10 + i}`.padEnd(700));
    }
    await journal.close();
  }
  expect(await seen).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`));
  expect(problems).toEqual([]);
});

test('a follower waits at a record seen half way and takes it when it is whole', async () => {
  const journal = await openJournal();
  const { segment } = await journal.append('decision', 'first');
  await journal.close();
  const seen = take(2, { follow: true });
  // A writer's torn tail, then its restart: recovery cuts it off and goes on in a new segment.
  await appendFile(join(folder, `${String(segment).padStart(15, '0')}.journal`), 'half a rec');
  const again = await openJournal();
  await again.append('decision', 'second');
  await again.close();
  expect(await seen).toEqual(['first', 'second']);
});

test('a follower ends when it is told to', async () => {
  const stop = new AbortController();
  const journal = await openJournal();
  await journal.append('decision', 'only');
  const texts: string[] = [];
  for await (const record of read({ follow: true, signal: stop.signal })) {
    texts.push(record.payload.toString());
    stop.abort();
  }
  expect(texts).toEqual(['only']);
  await journal.close();
});

test('reading begins at a number, at a time, and of a type', async () => {
  const journal = await openJournal();
  for (let i = 1; i <= 20; i += 1) {
    nowMs = i * 1_000;
    await journal.append(i % 5 === 0 ? 'label' : 'decision', `${i}`.padEnd(700));
  }
  await journal.close();
  expect(await take(2, { fromSequence: 13 })).toEqual(['13', '14']);
  expect(await take(2, { sinceMs: 12_500 })).toEqual(['13', '14']);
  expect(await take(2, { sinceMs: 12_500, types: ['label'] })).toEqual(['15', '20']);
  expect(await take(1, { sinceMs: 12_500, fromSequence: 17 })).toEqual(['17']);
  expect(problems).toEqual([]);
});
