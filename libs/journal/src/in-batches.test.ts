import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inBatches } from './in-batches.js';

async function* numbers(count: number, pause: (n: number) => boolean): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) {
    if (pause(n)) await sleep(4);
    yield n;
  }
}

async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<(readonly T[])[]> {
  const all: (readonly T[])[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

test('every item comes once and in order, in batches of at most the size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
      async (count, sizeMax, pauses) => {
        const source = numbers(count, (n) => pauses.includes(n));
        const batches = await collect(inBatches(source, sizeMax, 1));
        expect(batches.flat()).toEqual(Array.from({ length: count }, (_, n) => n));
        expect(batches.every(({ length }) => length >= 1 && length <= sizeMax)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

test('a fast source fills its batches', async () => {
  const batches = await collect(
    inBatches(
      numbers(10, () => false),
      4,
      1_000,
    ),
  );
  expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
});

test('a source that pauses does not hold back what it gave', async () => {
  const batches = inBatches(
    numbers(3, (n) => n === 2),
    100,
    1,
  );
  expect((await batches.next()).value).toEqual([0, 1]);
  expect((await batches.next()).value).toEqual([2]);
});

test('an error of the source reaches whoever takes the batches', async () => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new Error('gone');
  }
  await expect(collect(inBatches(failing(), 10, 1_000))).rejects.toThrow('gone');
});

test('a source that fails after its batches were left disturbs nobody', async () => {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  process.on('unhandledRejection', note);
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    await sleep(5);
    throw new Error('gone');
  }
  for await (const batch of inBatches(failing(), 10, 1)) {
    expect(batch).toEqual([1]);
    break;
  }
  await sleep(20);
  process.off('unhandledRejection', note);
  expect(failures).toEqual([]);
});
