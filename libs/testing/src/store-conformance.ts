import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FeatureStore, IdempotencyClaim, StateRequest } from '#features/feature-store.js';
import { computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { eventLabel } from './event-label.js';
import type { PlainEvent } from './feature-reference.js';
import {
  eventIdOf,
  playStream,
  recordOf,
  requestOf,
  streamPlan,
  streams,
} from './feature-stream.js';
import { compareRings, compareShortRings, compareTiles } from './stream-comparison.js';

export interface ConformanceSubject {
  readonly store: FeatureStore;
  /** Makes the subject anew, with nothing in it. */
  clear(): Promise<void>;
  /** Waits until everything written off the path is there. */
  settle(): Promise<void>;
}

const plan = streamPlan();

/** What both stores promise: the one suite that each of them runs. */
export function describeFeatureStore(name: string, subjectOf: () => ConformanceSubject): void {
  describe(`${name} as a feature store`, () => {
    beforeEach(() => subjectOf().clear());
    describeWindows(subjectOf);
    describeEvents(subjectOf);
    describeOverflow(subjectOf);
    describeIdempotency(subjectOf);
  });
}

function describeWindows(subjectOf: () => ConformanceSubject): void {
  test('rings agree exactly with a recomputation from the whole history', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (steps) => {
        await subjectOf().clear();
        const subject = subjectOf();
        const vectors = await playStream(subject.store, plan, steps, () => subject.settle());
        expect(compareRings(steps, vectors)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('a ring that is too short is exact until it says that it is truncated', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (steps) => {
        await subjectOf().clear();
        const subject = subjectOf();
        const vectors = await playStream(subject.store, plan, steps, () => subject.settle());
        expect(compareShortRings(steps, vectors)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('tiles agree with the whole history within one tile at each edge', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (steps) => {
        await subjectOf().clear();
        const subject = subjectOf();
        const vectors = await playStream(subject.store, plan, steps, () => subject.settle());
        expect(compareTiles(steps, vectors)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('agrees with the memory store bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (steps) => {
        await subjectOf().clear();
        const subject = subjectOf();
        const memory = new MemoryFeatureStore({ now: () => Date.now() });
        const expected = await playStream(memory, plan, steps);
        const actual = await playStream(subject.store, plan, steps, () => subject.settle());
        expect(actual).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
}

const start = Date.UTC(2026, 10, 1);

function paymentAt(id: number, timeMs: number, card = 'card-a'): PlainEvent {
  const attributes = { card, merchant_id: 'shop-1', merchant_country: 'DE' };
  return { id, timeMs, amountUnits: 10_000, attributes, fraud: false, declined: false };
}

async function vectorOf(
  { store }: ConformanceSubject,
  event: PlainEvent,
  change: Partial<StateRequest> = {},
): Promise<(name: string) => number> {
  const record = recordOf(plan, event);
  const reply = await store.readAndAppend({ ...requestOf(plan, record, event), ...change });
  computeFeatures(plan, record, reply.states, event.timeMs);
  return (name) => record.numbers[plan.schema.slotOf(name)!]!;
}

function describeEvents(subjectOf: () => ConformanceSubject): void {
  test('a dry run reads and changes nothing', async () => {
    const subject = subjectOf();
    await vectorOf(subject, paymentAt(1, start));
    const dry = await vectorOf(subject, paymentAt(2, start + 1_000), { append: false });
    expect(dry('c_count')).toBe(2);
    expect((await vectorOf(subject, paymentAt(3, start + 2_000)))('c_count')).toBe(2);
  });

  test('an event sent again is counted once', async () => {
    const subject = subjectOf();
    await vectorOf(subject, paymentAt(1, start));
    await vectorOf(subject, paymentAt(1, start));
    await subject.settle();
    const third = await vectorOf(subject, paymentAt(2, start + 1_000));
    expect(third('c_count')).toBe(2);
    expect(third('m_count')).toBe(2);
  });

  test('a full ring says that it is truncated, and counts what it has', async () => {
    const subject = subjectOf();
    const last = 70;
    for (let id = 1; id < last; id += 1) await vectorOf(subject, paymentAt(id, start + id * 1_000));
    const vector = await vectorOf(subject, paymentAt(last, start + last * 1_000));
    expect(vector('c_truncated')).toBe(1);
    expect(vector('c_count')).toBe(65);
  });

  test('an event older than the horizon is left out and counted as such', async () => {
    const subject = subjectOf();
    const before = subject.store.counters().lateDropped;
    await vectorOf(subject, paymentAt(1, start + 10 * 86_400_000));
    await vectorOf(subject, paymentAt(2, start));
    // Once in each of the card's two rings.
    expect(subject.store.counters().lateDropped - before).toBe(2);
    const vector = await vectorOf(subject, paymentAt(3, start + 10 * 86_400_000 + 1_000));
    expect(vector('c_count_long')).toBe(2);
  });

  test('a label counts from the moment it arrives, and can be taken back', async () => {
    const subject = subjectOf();
    await vectorOf(subject, paymentAt(1, start));
    const hour = 3_600_000;
    const shares: number[] = [];
    for (const [nth, label] of (['legit', 'fraud', 'unknown'] as const).entries()) {
      const eventId = eventIdOf(paymentAt(1, start));
      const found = await subject.store.patch([{ eventId, label: eventLabel(label) }]);
      expect(found).toBe(1);
      const probe = paymentAt(100 + nth, start + 2 * hour);
      shares.push((await vectorOf(subject, probe, { append: false }))('c_fraud_share'));
    }
    expect(shares).toEqual([0, 1, 0]);
  });

  test('a label for an event that nobody knows is not found', async () => {
    const eventId = { high: 1, low: 4_294_967_295 };
    expect(await subjectOf().store.patch([{ eventId, label: eventLabel('fraud') }])).toBe(0);
  });

  test('a label sent twice counts once in tiles', async () => {
    const subject = subjectOf();
    const event = paymentAt(1, start);
    await vectorOf(subject, event);
    await subject.settle();
    const label = eventLabel('fraud');
    for (let times = 0; times < 2; times += 1) {
      await subject.store.patch([{ eventId: eventIdOf(event), label }]);
      await subject.settle();
    }
    expect((await vectorOf(subject, paymentAt(2, start + 1_000)))('m_frauds')).toBe(1);
  });

  test('a correction un-counts what it corrects, in rings and in tiles', async () => {
    const subject = subjectOf();
    const event = paymentAt(1, start);
    await vectorOf(subject, event);
    await subject.settle();
    const [fraud, warning, legit] = [
      eventLabel('fraud'),
      eventLabel('legit', 'manual_review'),
      eventLabel('legit'),
    ];
    const frauds: (readonly [number, number])[] = [];
    // A weaker source does not correct, and neither does the first label when it is sent again.
    for (const label of [fraud, warning, legit, fraud]) {
      await subject.store.patch([{ eventId: eventIdOf(event), label }]);
      await subject.settle();
      const probe = paymentAt(50, start + 7_200_000);
      const vector = await vectorOf(subject, probe, { append: false });
      frauds.push([vector('c_fraud_share'), vector('m_frauds')]);
    }
    expect(frauds).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  test('labels of one event that come at once are all taken', async () => {
    const subject = subjectOf();
    const event = paymentAt(1, start);
    await vectorOf(subject, event);
    await subject.settle();
    const labels = (['fraud', 'legit', 'fraud'] as const).map((label) => eventLabel(label));
    const eventId = eventIdOf(event);
    const found = await Promise.all(
      labels.map((label) =>
        subject.store.patch([
          { eventId, label },
          { eventId, label },
        ]),
      ),
    );
    expect(found).toEqual([2, 2, 2]);
    await subject.settle();
    expect((await vectorOf(subject, paymentAt(2, start + 1_000)))('m_frauds')).toBe(1);
  });

  test('a retracted event is gone', async () => {
    const subject = subjectOf();
    const event = paymentAt(1, start);
    const request = requestOf(plan, recordOf(plan, event), event);
    await subject.store.readAndAppend(request);
    await subject.store.retract(request.entities, request.eventId);
    await subject.settle();
    const vector = await vectorOf(subject, paymentAt(2, start + 1_000));
    expect(vector('c_count')).toBe(1);
    expect(vector('m_count')).toBe(1);
  });
}

function describeOverflow(subjectOf: () => ConformanceSubject): void {
  test.each([3, 4, 5, 6, 7])(
    'event %i of a ring that was written over can be retracted; the rest stays in order',
    async (retracted) => {
      const subject = subjectOf();
      const last = 7;
      for (let id = 1; id <= last; id += 1) {
        await vectorOf(subject, paymentAt(id, start + id * 1_000));
      }
      const event = paymentAt(retracted, start + retracted * 1_000);
      const { entities, eventId } = requestOf(plan, recordOf(plan, event), event);
      await subject.store.retract(entities, eventId);
      const kept = [4, 5, 6, 7].filter((id) => id !== retracted);
      for (const id of [8, 9, 10]) {
        const vector = await vectorOf(subject, paymentAt(id, start + id * 1_000));
        expect(vector('f_count')).toBe(Math.min(kept.length + id - 8, 4) + 1);
        expect(vector('f_since')).toBe(id === 8 && retracted === last ? 2 : 1);
      }
    },
  );

  test('a label reaches an event in a ring that was written over', async () => {
    const subject = subjectOf();
    for (let id = 1; id <= 7; id += 1) await vectorOf(subject, paymentAt(id, start + id * 1_000));
    for (const id of [2, 5, 6]) {
      const eventId = eventIdOf(paymentAt(id, start));
      await subject.store.patch([{ eventId, label: eventLabel('fraud') }]);
    }
    expect((await vectorOf(subject, paymentAt(8, start + 8_000)))('f_frauds')).toBe(2);
  });
}

function describeIdempotency(subjectOf: () => ConformanceSubject): void {
  const claimOf = (bodyHash: string, leaseMs = 5_000): IdempotencyClaim => ({
    key: 'key-1',
    bodyHash,
    leaseMs,
  });
  const claimAs = async (claim: IdempotencyClaim, id = 1): Promise<unknown> => {
    const event = paymentAt(id, start);
    const request = requestOf(plan, recordOf(plan, event), event);
    const reply = await subjectOf().store.readAndAppend({ ...request, claim });
    return reply.claim;
  };

  test('the first to come has the key; the second waits, a third with another body conflicts', async () => {
    expect(await claimAs(claimOf('aaa'))).toEqual({ kind: 'claimed' });
    expect(await claimAs(claimOf('aaa'))).toEqual({ kind: 'in_flight' });
    expect(await claimAs(claimOf('bbb'))).toEqual({ kind: 'conflict' });
  });

  test('a completed key answers with the stored reply, verbatim', async () => {
    await claimAs(claimOf('aaa'));
    const reply = '{"decision":"approve","text":"naïve\\n€"}';
    await subjectOf().store.complete([{ claim: claimOf('aaa'), reply, ttlSeconds: 60 }]);
    expect(await claimAs(claimOf('aaa'))).toEqual({ kind: 'completed', reply });
    expect(await claimAs(claimOf('bbb'))).toEqual({ kind: 'conflict' });
  });

  test('a released key is free again, a completed one is not', async () => {
    const { store } = subjectOf();
    await claimAs(claimOf('aaa'));
    await store.release(claimOf('aaa'));
    expect(await claimAs(claimOf('bbb'))).toEqual({ kind: 'claimed' });
    await store.complete([{ claim: claimOf('bbb'), reply: 'reply', ttlSeconds: 60 }]);
    await store.release(claimOf('bbb'));
    expect(await claimAs(claimOf('bbb'))).toEqual({ kind: 'completed', reply: 'reply' });
  });

  test('a claim that its process left behind is taken over after its lease', async () => {
    await claimAs(claimOf('aaa', 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await claimAs(claimOf('aaa'))).toEqual({ kind: 'claimed' });
  });

  test('a request that does not get the key counts nothing', async () => {
    const subject = subjectOf();
    await claimAs(claimOf('aaa'));
    await claimAs(claimOf('bbb'), 2);
    await subject.settle();
    expect((await vectorOf(subject, paymentAt(3, start + 1_000)))('c_count')).toBe(2);
  });
}
