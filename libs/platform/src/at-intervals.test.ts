import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { AtIntervals } from './at-intervals.js';

test('rounds follow each other and never overlap, and the end waits for the last', async () => {
  let going = 0;
  let most = 0;
  let rounds = 0;
  const rounder = new AtIntervals(2, async () => {
    going += 1;
    most = Math.max(most, going);
    await sleep(10);
    going -= 1;
    rounds += 1;
  });
  rounder.run();
  rounder.run();
  await vi.waitUntil(() => rounds >= 3);
  await rounder.close();
  const done = rounds;
  expect({ going, most }).toEqual({ going: 0, most: 1 });
  await sleep(20);
  expect(rounds).toBe(done);
});
