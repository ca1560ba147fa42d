import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JournalOptions } from './journal-options.js';
import { Journal } from './journal.js';
import { planRetention, type SegmentAge } from './retention.js';

const DAY_MS = 86_400_000;
const segment = (firstSequence: number, createdDay: number): SegmentAge => ({
  firstSequence,
  bytes: 100,
  createdMs: createdDay * DAY_MS,
});
const bounds = {
  nowMs: 10 * DAY_MS,
  retentionMs: 3 * DAY_MS,
  diskBytesMax: 1_000,
  incomingBytes: 0,
  keepFrom: null,
};

describe('the plan', () => {
  const segments = [segment(1, 1), segment(10, 5), segment(20, 8), segment(30, 9)];

  test.each([
    ['segments whose youngest record is past its time go', {}, 1],
    ['none goes while all are young', { retentionMs: 20 * DAY_MS }, 0],
    ['all but the one being written go when all are old', { nowMs: 100 * DAY_MS }, 3],
    ['the oldest go until the bound holds', { retentionMs: 20 * DAY_MS, diskBytesMax: 250 }, 2],
    [
      'what comes counts too',
      { retentionMs: 20 * DAY_MS, diskBytesMax: 250, incomingBytes: 60 },
      3,
    ],
    ['what still has to be read stays', { nowMs: 100 * DAY_MS, keepFrom: 20 }, 2],
    ['a segment half read stays', { nowMs: 100 * DAY_MS, keepFrom: 19 }, 1],
  ])('%s', (_, change, count) => {
    expect(planRetention(segments, { ...bounds, ...change })).toEqual({ count, fits: true });
  });

  test('it says so when the bound cannot be kept', () => {
    const change = { diskBytesMax: 150, keepFrom: 1, retentionMs: 20 * DAY_MS };
    expect(planRetention(segments, { ...bounds, ...change })).toEqual({ count: 0, fits: false });
  });

  test('it never deletes the last segment, nor what is needed, and never more than it must', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5_000), { minLength: 1, maxLength: 20 }),
        fc.nat(60_000),
        fc.option(fc.nat(30), { nil: null }),
        (sizes, diskBytesMax, keepFrom) => {
          const given = sizes.map((bytes, i) => ({ firstSequence: i + 1, bytes, createdMs: i }));
          const plan = planRetention(given, { ...bounds, nowMs: 0, diskBytesMax, keepFrom });
          const left = given.slice(plan.count);
          const total = (list: readonly SegmentAge[]): number =>
            list.reduce((sum, { bytes }) => sum + bytes, 0);
          expect(left.length).toBeGreaterThan(0);
          expect(plan.fits).toBe(total(left) <= diskBytesMax);
          // Had one segment less been deleted, the bound would not have held.
          const needed = plan.count === 0 || total(given.slice(plan.count - 1)) > diskBytesMax;
          expect(needed).toBe(true);
          const first = left[0]?.firstSequence ?? 0;
          expect(plan.count === 0 || keepFrom === null || first <= keepFrom).toBe(true);
        },
      ),
    );
  });
});

describe('a journal at its bound', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const openSmall = (options: Partial<JournalOptions>): Promise<Journal> =>
    Journal.open({
      folder,
      mode: 'write',
      nowMs: () => 0,
      segmentBytesMax: 4_096,
      diskBytesMax: 12_288,
      ...options,
    });

  test('deletes its oldest segments and never passes the bound', async () => {
    const seen: number[] = [];
    const journal = await openSmall({ onDisk: ({ bytes }) => seen.push(bytes) });
    for (let i = 0; i < 40; i += 1) {
      await journal.append('decision', 'x'.repeat(1_000));
      expect(journal.disk.bytes).toBeLessThanOrEqual(12_288);
    }
    await journal.close();
    expect(Math.max(...seen)).toBeLessThanOrEqual(12_288);
    expect((await readdir(folder)).length).toBeLessThanOrEqual(4);
  });

  test('goes on when somebody else has deleted its oldest segments', async () => {
    const journal = await openSmall({});
    for (let i = 0; i < 5; i += 1) await journal.append('decision', 'x'.repeat(1_000));
    await rm(join(folder, '000000000000001.journal'));
    for (let i = 0; i < 20; i += 1) await journal.append('decision', 'x'.repeat(1_000));
    expect(journal.disk.bytes).toBeLessThanOrEqual(12_288);
    await journal.close();
  });

  test('seals a segment that is old though small, so that it can be forgotten', async () => {
    let nowMs = 0;
    const journal = await openSmall({ nowMs: () => nowMs, retentionMs: DAY_MS });
    for (let hour = 0; hour < 72; hour += 1) {
      nowMs = (hour * DAY_MS) / 24;
      await journal.append('decision', 'rare');
    }
    await journal.close();
    const names = (await readdir(folder)).sort();
    expect(names.length).toBeLessThan(30);
    expect(names.length).toBeGreaterThan(2);
    expect(Number.parseInt(names[0] ?? '', 10)).toBeGreaterThan(40);
  });

  test('refuses records, loudly, while a reader still needs everything, and goes on after', async () => {
    let keepFrom: number | null = 1;
    const errors: string[] = [];
    const journal = await openSmall({
      keepFrom: () => keepFrom,
      onError: (error) => errors.push(error.code),
    });
    const outcomes = [];
    for (let i = 0; i < 15; i += 1) {
      outcomes.push((await Promise.allSettled([journal.append('decision', 'x'.repeat(1_000))]))[0]);
    }
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(errors.length);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.reason).toMatchObject({ code: 'JOURNAL_BOUND_REACHED' });

    keepFrom = 8;
    await expect(journal.append('decision', 'x'.repeat(1_000))).resolves.toMatchObject({
      sequence: 16,
    });
    await journal.close();
  });
});
