import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClaimCheckpoint } from './claim-checkpoint.js';

let folder: string;
const failed: unknown[] = [];
const open = () => ClaimCheckpoint.open(folder, (error) => failed.push(error));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  failed.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('it stands before the first reply that the store does not know', async () => {
  const checkpoint = await open();
  const seen: number[] = [];
  for (const step of [
    () => checkpoint.begin(4),
    () => checkpoint.begin(5),
    () => checkpoint.begin(7),
    () => checkpoint.done(5),
    () => checkpoint.done(4),
    () => checkpoint.done(7),
  ]) {
    step();
    seen.push(checkpoint.sequence);
  }
  expect(seen).toEqual([3, 3, 3, 3, 6, 7]);
  await checkpoint.close();
});

test('what was given up holds it back, whatever comes after', async () => {
  const checkpoint = await open();
  for (const sequence of [1, 2, 3, 4]) checkpoint.begin(sequence);
  checkpoint.giveUp(3);
  checkpoint.giveUp(2);
  checkpoint.done(1);
  checkpoint.done(4);
  expect(checkpoint.sequence).toBe(1);
  await checkpoint.close();
});

test('no order of answers moves it past one that is missing', async () => {
  const anySteps = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8]);
  await fc.assert(
    fc.asyncProperty(anySteps, async (done) => {
      const checkpoint = await open();
      for (let sequence = 1; sequence <= 8; sequence += 1) checkpoint.begin(sequence);
      for (const sequence of done) checkpoint.done(sequence);
      const missing = [1, 2, 3, 4, 5, 6, 7, 8].filter((sequence) => !done.includes(sequence));
      expect(checkpoint.sequence).toBe((missing[0] ?? 9) - 1);
      await checkpoint.close();
    }),
    { numRuns: 30 },
  );
});

test('it outlives the process', async () => {
  const before = await open();
  before.begin(41);
  before.done(41);
  await before.close();
  const after = await open();
  expect(after.sequence).toBe(41);
  await after.close();
  expect(await readdir(folder)).toEqual(['claims-checkpoint']);
});

test.each(['', 'abc', '-3', '1e9', '9'.repeat(20)])(
  'a file that says "%s" is taken as none: everything is handed over again',
  async (text) => {
    await writeFile(join(folder, 'claims-checkpoint'), text);
    const checkpoint = await open();
    expect(checkpoint.sequence).toBe(0);
    await checkpoint.close();
  },
);

test('a folder that cannot be written is told, and ends nothing', async () => {
  const checkpoint = await open();
  checkpoint.begin(1);
  checkpoint.done(1);
  await rm(folder, { recursive: true });
  await checkpoint.close();
  expect(failed).toHaveLength(1);
});
