import { expect, test } from 'vitest';
import { OneAtATime } from './one-at-a-time.js';

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('work runs one after the other, also after a failure', async () => {
  const queue = new OneAtATime();
  const running: string[] = [];
  const first = gate();
  const one = queue.run('one', async () => {
    running.push('one');
    await first.opened;
    throw new Error('no');
  });
  const two = queue.run('two', async () => {
    running.push('two');
    return 2;
  });
  await Promise.resolve();
  expect(running).toEqual(['one']);
  first.open();
  await expect(one).rejects.toThrow('no');
  expect(await two).toBe(2);
  expect(running).toEqual(['one', 'two']);
});

test('the same question at once is worked on once', async () => {
  const queue = new OneAtATime();
  let runs = 0;
  const ask = () =>
    queue.run('same', async () => {
      runs += 1;
      return runs;
    });
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(2);
});

test('too much that waits is refused', async () => {
  const queue = new OneAtATime();
  const first = gate();
  const all = Array.from({ length: 8 }, (_, nth) => queue.run(`${nth}`, () => first.opened));
  expect(() => queue.run('more', () => first.opened)).toThrow(
    expect.objectContaining({ code: 'OVERLOADED' }),
  );
  first.open();
  await Promise.all(all);
});
