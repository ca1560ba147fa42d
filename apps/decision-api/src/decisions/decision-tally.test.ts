import { afterEach, beforeEach, expect, test } from 'vitest';
import { TallyRecord } from '#contracts/journal-record.js';
import { readJournal } from '#journal/read-journal.js';
import { JournalError } from '#journal/journal-error.js';
import { openedParts, type OpenedParts } from '../../test/opened-parts.js';
import { DecisionTally } from './decision-tally.js';

const MINUTE_MS = 60_000;
let opened: OpenedParts;
beforeEach(async () => {
  opened = await openedParts();
});
afterEach(() => opened.close());

async function tallies(): Promise<(readonly [minute: number, decisions: number])[]> {
  const found: (readonly [number, number])[] = [];
  const onProblem = (problem: { message: string }) => expect.fail(problem.message);
  for await (const { payload } of readJournal(opened.parts.config.journal.folder, { onProblem })) {
    const { minute_ms: minuteMs, decisions } = TallyRecord.parse(JSON.parse(payload.toString()));
    found.push([minuteMs / MINUTE_MS, decisions]);
  }
  return found;
}

test('each minute is written once it is over, and what comes late is added', async () => {
  const tally = new DecisionTally(opened.parts);
  for (const timeMs of [1, MINUTE_MS - 1, MINUTE_MS]) tally.count(timeMs);
  await tally.write(1);
  tally.count(2);
  await tally.write(1);
  await tally.write(1);
  await tally.close();
  expect(await tallies()).toEqual([
    [0, 2],
    [0, 1],
    [1, 1],
  ]);
});

test('a count that the journal did not take is written with the next', async () => {
  let isFull = true;
  const { journal } = opened.parts;
  const failing = Object.assign(Object.create(journal) as typeof journal, {
    append: (...record: Parameters<typeof journal.append>) =>
      isFull
        ? Promise.reject(new JournalError('JOURNAL_DISK_FULL', 'full'))
        : journal.append(...record),
  });
  const tally = new DecisionTally({ ...opened.parts, journal: failing });
  tally.count(1);
  await tally.write(1);
  isFull = false;
  tally.count(2);
  await tally.close();
  expect(await tallies()).toEqual([[0, 2]]);
});
