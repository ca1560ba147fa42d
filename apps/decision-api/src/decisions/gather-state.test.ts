import { expect, test } from 'vitest';
import type { StateReply, StateRequest } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import type { EntityState } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { StoreError } from '#store/store-error.js';
import { parsedRequest, smallPlan, testPseudonymizer } from '#testing/small-policy.js';
import { prepareTransaction } from '#engine/prepare.js';
import { gatherState } from './gather-state.js';

const plan = smallPlan();

function requestOf(transactionId: string): StateRequest {
  const request = parsedRequest({ transaction_id: transactionId });
  const { record, eventId } = prepareTransaction(plan, testPseudonymizer, request, 1_000);
  const entities = planState(plan, record, { id: eventId, timeMs: 1_000 });
  const claim = { key: transactionId, bodyHash: 'body', leaseMs: 1_000 };
  return { claim, nowMs: 1_000, eventId, eventTimeMs: 1_000, entities, append: true };
}

/** A store that fails as told, and remembers states as told. */
class FailingStore extends MemoryFeatureStore {
  constructor(
    private readonly failure: unknown,
    private readonly cached: readonly (EntityState | null)[] | null,
  ) {
    super({ now: () => 1_000 });
  }

  override readAndAppend(): Promise<StateReply> {
    return Promise.reject(this.failure);
  }

  override readCached(): never {
    return this.cached as never;
  }
}

const timeout = new StoreError('timeout', 'no answer');
const unavailable = new StoreError('unavailable', 'no connection');
const ignore = () => undefined;

test('what the store answers is not degraded', async () => {
  const store = new MemoryFeatureStore({ now: () => 1_000 });
  await gatherState(store, requestOf('first'), ignore);
  const gathered = await gatherState(store, requestOf('second'), ignore);
  expect(gathered).toMatchObject({
    claim: { kind: 'claimed' },
    states: [{ kind: 'ring' }],
    degradation: { level: 'none', causes: [] },
  });
});

test.each([
  [timeout, null, 'request_only STATE_TIMEOUT'],
  [unavailable, null, 'request_only STATE_UNAVAILABLE'],
  [timeout, [null], 'cached_features STATE_TIMEOUT'],
  [unavailable, [null], 'cached_features STATE_UNAVAILABLE'],
])(
  'after "%s", with %j seen shortly before, the step down is %s',
  async (failure, cached, step) => {
    const kinds: string[] = [];
    const store = new FailingStore(failure, cached);
    const gathered = await gatherState(store, requestOf('tx'), (kind) => kinds.push(kind));
    const [level, cause] = step.split(' ');
    expect(gathered).toEqual({
      claim: null,
      states: cached ?? [],
      degradation: { level, causes: [cause] },
    });
    expect(kinds).toEqual([failure.kind]);
  },
);

test('an entity whose state could not be had is taken as seen before, or is missing', async () => {
  const store = new MemoryFeatureStore({ now: () => 1_000 });
  const { states } = await store.readAndAppend(requestOf('before'));
  store.readAndAppend = () => Promise.resolve({ claim: { kind: 'claimed' }, states: [null] });
  store.readCached = () => [...states];
  expect(await gatherState(store, requestOf('tx'), ignore)).toEqual({
    claim: { kind: 'claimed' },
    states,
    degradation: { level: 'cached_features', causes: ['STATE_UNAVAILABLE'] },
  });
  store.readCached = () => [null] as never;
  expect(await gatherState(store, requestOf('tx'), ignore)).toEqual({
    claim: { kind: 'claimed' },
    states: [null],
    degradation: { level: 'request_only', causes: ['STATE_UNAVAILABLE'] },
  });
});

test('a fault of our own is no reason to step down', async () => {
  const store = new FailingStore(new TypeError('a fault'), null);
  await expect(gatherState(store, requestOf('tx'), ignore)).rejects.toThrow('a fault');
});
