import { setImmediate as turnEnds } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ManualClock } from './clock.js';
import { LoopTurn } from './loop-turn.js';

test('all who ask in one turn of the loop get its beginning; the next turn begins anew', async () => {
  const clock = new ManualClock(0, 1_000);
  const turn = new LoopTurn(clock);
  expect(turn.startedAtMs()).toBe(1_000);
  clock.advance(30);
  await Promise.resolve();
  expect(turn.startedAtMs()).toBe(1_000);
  await turnEnds();
  expect(turn.startedAtMs()).toBe(1_030);
});
