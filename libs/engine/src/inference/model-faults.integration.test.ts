import type { Worker } from 'node:worker_threads';

import { afterEach, expect, test, vi } from 'vitest';

import { tinyRow, tinySchema, writeTinyBundle } from '../../test/bundle-copy.js';
import { meanModel, slowModel } from '#testing/tiny-onnx.js';
import type { InferenceObserver } from './inference-observer.js';
import { ModelHost } from './model-host.js';

const hosts: ModelHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function hostOf(model: Uint8Array, observer: InferenceObserver = {}): Promise<ModelHost> {
  const host = ModelHost.start({ observer });
  hosts.push(host);
  const loaded = await host.load(await writeTinyBundle(model), tinySchema);
  expect(loaded).toMatchObject({ ok: true });
  return host;
}

const within = (milliseconds: number): number => performance.now() + milliseconds;

/** Ends the worker's thread from outside, as running out of memory would; not during a run. */
function killWorker(host: ModelHost): void {
  const thread = Reflect.get(host.current ?? {}, 'thread') as object;
  void (Reflect.get(thread, 'worker') as Worker).terminate();
}

test.each([
  ['above one', 8],
  ['below zero', -8],
  ['not a number', Number.NaN],
  ['infinite', Number.POSITIVE_INFINITY],
])('an output %s is never a score', async (_, value) => {
  const shed = vi.fn<NonNullable<InferenceObserver['shed']>>();
  const host = await hostOf(meanModel(4), { shed });
  const [bad, good] = await Promise.all([
    host.score(tinyRow(value), within(1_000)),
    host.score(tinyRow(0.5), within(1_000)),
  ]);
  expect(bad).toEqual({ kind: 'unavailable', cause: 'MODEL_INVALID_SCORE' });
  expect(good).toMatchObject({ kind: 'scored', probability: 0.125 });
  expect(shed).toHaveBeenCalledWith('not_a_probability', 'score');
});

test('bulk work with an output that is no probability fails loudly', async () => {
  const host = await hostOf(meanModel(4));
  const rows = Float32Array.of(0, 0, 0, 0, 8, 0, 0, 0);
  await expect(host.scoreBatch(rows, 2)).rejects.toThrow('row 1 got 2');
});

test('requests behind a slow run are answered at their deadline, later ones in time', async () => {
  const host = await hostOf(slowModel(4));
  const slow = host.score(tinyRow(0.8), within(40));
  await new Promise((resolve) => setTimeout(resolve, 10));
  const behind = Promise.all(Array.from({ length: 20 }, () => host.score(tinyRow(0), within(40))));
  expect(await slow).toEqual({ kind: 'unavailable', cause: 'MODEL_TIMEOUT' });
  for (const answer of await behind) {
    expect(answer).toEqual({ kind: 'unavailable', cause: 'MODEL_TIMEOUT' });
  }
  expect(await host.score(tinyRow(0), within(3_000))).toMatchObject({ kind: 'scored' });
});

test('an answer that came while this process was held up counts', async () => {
  const host = await hostOf(meanModel(4));
  const scored = host.score(tinyRow(0.5), within(30));
  await new Promise<void>((resolve) => process.nextTick(resolve)); // It is handed over.
  const heldUpUntil = within(80);
  while (performance.now() < heldUpUntil);
  expect(await scored).toMatchObject({ kind: 'scored', probability: 0.125 });
});

test('a deadline that has passed is answered at once', async () => {
  const host = await hostOf(meanModel(4));
  const answer = await host.score(tinyRow(0), performance.now() - 1);
  expect(answer).toEqual({ kind: 'unavailable', cause: 'MODEL_TIMEOUT' });
});

test('more than the queue holds is refused, what it holds is scored', async () => {
  const shed = vi.fn<NonNullable<InferenceObserver['shed']>>();
  const host = await hostOf(slowModel(4), { shed });
  const first = host.score(tinyRow(0.2), within(5_000));
  await new Promise((resolve) => setTimeout(resolve, 10));
  const crowd = await Promise.all(
    Array.from({ length: 600 }, () => host.score(tinyRow(0), within(5_000))),
  );
  const count = (wanted: string) =>
    crowd.filter((answer) => (answer.kind === 'scored' ? 'scored' : answer.cause) === wanted)
      .length;
  expect(await first).toMatchObject({ kind: 'scored' });
  expect([count('scored'), count('MODEL_OVERLOADED')]).toEqual([512, 88]);
  expect(shed.mock.calls.filter(([reason]) => reason === 'overload')).toHaveLength(88);
});

test('a worker that dies is replaced with the same model; who waited is told at once', async () => {
  const workerReplaced = vi.fn<(afterMs: number) => void>();
  const host = await hostOf(meanModel(4), { workerReplaced });
  killWorker(host);
  const waiting = [host.score(tinyRow(0), within(5_000)), host.score(tinyRow(0), within(5_000))];
  const nothing = { kind: 'unavailable', cause: 'MODEL_UNAVAILABLE' };
  expect(await Promise.all(waiting)).toEqual([nothing, nothing]);
  await vi.waitFor(() => expect(workerReplaced).toHaveBeenCalledTimes(1), 10_000);
  expect(await host.score(tinyRow(0), within(1_000))).toMatchObject({ kind: 'scored' });
});

test('a run that hangs costs its worker, and the next one serves', async () => {
  const lost = vi.fn<(reason: string) => void>();
  const host = await hostOf(slowModel(4), { workerLost: lost });
  const before = host.current?.threadId;
  const hung = host.score(tinyRow(12), within(60_000));
  expect(await hung).toEqual({ kind: 'unavailable', cause: 'MODEL_UNAVAILABLE' });
  expect(lost).toHaveBeenCalledWith(expect.stringContaining('did not end within'));
  await vi.waitFor(() => expect(host.current?.isUp).toBe(true), 10_000);
  expect(host.current?.threadId).not.toBe(before);
  expect(await host.score(tinyRow(0), within(1_000))).toMatchObject({ kind: 'scored' });
});

test('bulk work lets scores through', async () => {
  const host = await hostOf(slowModel(4));
  const order: string[] = [];
  // 64 rows a chunk; each chunk takes about five milliseconds.
  const rows = Float32Array.from({ length: 640 * 4 }, () => 0.01);
  const bulk = host.scoreBatch(rows, 640).then(() => order.push('bulk'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await host.score(tinyRow(0), within(5_000)).then(() => order.push('score'));
  await bulk;
  expect(order).toEqual(['score', 'bulk']);
});
