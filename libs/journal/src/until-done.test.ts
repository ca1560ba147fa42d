import { afterEach, expect, test, vi } from 'vitest';
import { untilDone } from './until-done.js';

afterEach(() => void vi.restoreAllMocks());

test('waits grow, and begin anew after work that went well for long', async () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const waits: number[] = [];
  let attempts = 0;
  const done = await untilDone(
    { signal: new AbortController().signal, onRetry: (_, waitMs) => waits.push(waitMs) },
    async () => {
      attempts += 1;
      if (attempts === 3) nowMs += 60_000;
      if (attempts < 5) throw new Error('away');
      return 'done';
    },
  );
  expect(done).toBe('done');
  expect(waits).toEqual([100, 200, 100, 200]);
});

test('told to stop it tries no more, whether it works or waits', async () => {
  const onRetry = vi.fn<(error: unknown, waitMs: number) => void>();
  const whileWorking = new AbortController();
  const stopped = await untilDone({ signal: whileWorking.signal, onRetry }, async () => {
    whileWorking.abort();
    throw new Error('away');
  });
  expect(stopped).toBeUndefined();
  expect(onRetry).not.toHaveBeenCalled();

  const whileWaiting = new AbortController();
  const waiting = untilDone(
    { signal: whileWaiting.signal, onRetry: () => whileWaiting.abort() },
    async () => {
      throw new Error('away');
    },
  );
  expect(await waiting).toBeUndefined();
});
