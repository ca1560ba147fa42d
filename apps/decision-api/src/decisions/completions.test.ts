import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AnsweredClaim } from '#features/feature-store.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { StoreError } from '#store/store-error.js';
import { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';
import { Completions } from './completions.js';

/** A store that is away while a test says so. */
class LeavingStore extends MemoryFeatureStore {
  isAway = false;

  override complete(answered: readonly AnsweredClaim[]): Promise<void> {
    return this.isAway
      ? Promise.reject(new StoreError('unavailable', 'away'))
      : super.complete(answered);
  }
}

/** Longer than replies are gathered before they are handed over. */
const GATHER_MS = 10;

const claimOf = (sequence: number) => ({ key: `k${sequence}`, bodyHash: 'body', leaseMs: 1_000 });
let folder: string;
let store: LeavingStore;
let checkpoint: ClaimCheckpoint;

beforeEach(async () => {
  vi.useFakeTimers();
  folder = await mkdtemp(`${tmpdir()}/completions-`);
  store = new LeavingStore({ now: () => 0 });
  checkpoint = await ClaimCheckpoint.open(folder, (error) => expect.fail(String(error)));
});
afterEach(async () => {
  vi.useRealTimers();
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

async function replyOf(sequence: number): Promise<unknown> {
  const request = { claim: claimOf(sequence), nowMs: 0, eventId: { high: 0, low: 0 } };
  const { claim } = await store.readAndAppend({
    ...request,
    eventTimeMs: 0,
    entities: [],
    append: false,
  });
  return claim;
}

function add(completions: Completions, sequence: number): void {
  const reply = `reply ${sequence}`;
  completions.add({ claim: claimOf(sequence), reply, sequence, ttlSeconds: 60 });
}

test('a reply is handed to the store, and the checkpoint moves past it', async () => {
  const completions = new Completions(store, checkpoint);
  add(completions, 1);
  expect(checkpoint.sequence).toBe(0);
  await completions.close();
  expect(checkpoint.sequence).toBe(1);
  expect(await replyOf(1)).toEqual({ kind: 'completed', reply: 'reply 1' });
});

test('what the store did not take is handed over when it is back', async () => {
  const completions = new Completions(store, checkpoint);
  store.isAway = true;
  add(completions, 1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([completions.size, checkpoint.sequence]).toEqual([1, 0]);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([completions.size, checkpoint.sequence]).toEqual([0, 1]);
  await completions.close();
});

test('what finds no place holds the checkpoint back, and nothing is kept of it', async () => {
  const completions = new Completions(store, checkpoint, 2);
  store.isAway = true;
  for (const sequence of [1, 2, 3, 4, 5]) add(completions, sequence);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(completions.size).toBe(2);
  store.isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([completions.size, checkpoint.sequence]).toEqual([0, 2]);
  await completions.close();
});

test('closing hands over what waits', async () => {
  const completions = new Completions(store, checkpoint);
  store.isAway = true;
  add(completions, 1);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  store.isAway = false;
  await completions.close();
  expect(await replyOf(1)).toMatchObject({ kind: 'completed' });
});
