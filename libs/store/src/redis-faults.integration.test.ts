import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventLabel } from '#testing/event-label.js';
import type { PlainEvent } from '#testing/feature-reference.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan } from '#features/feature-plan.js';
import type { EntityState } from '#features/vector.js';
import { computeFeatures } from '#features/vector.js';
import {
  eventIdOf,
  recordOf,
  requestOf,
  streamCatalogueText,
  streamPlan,
} from '#testing/feature-stream.js';
import { hasRedisServer, RedisServer } from '#testing/redis-server.js';
import { RedisFeatureStore } from './redis-feature-store.js';
import { StoreError } from './store-error.js';

const available = hasRedisServer();

const plan = streamPlan();
const start = Date.UTC(2026, 10, 1);

function payment(id: number): PlainEvent {
  const attributes = { card: 'card-a', merchant_id: 'shop-1', merchant_country: 'DE' };
  const timeMs = start + id * 1_000;
  return { id, timeMs, amountUnits: 10_000, attributes, fraud: false, declined: false };
}

function valueOf(event: PlainEvent, name: string, states: readonly (EntityState | null)[]): number {
  const record = recordOf(plan, event);
  computeFeatures(plan, record, states, event.timeMs);
  return record.numbers[plan.schema.slotOf(name)!]!;
}

describe.skipIf(!available)('Redis that fails (needs redis-server on PATH)', () => {
  let server: RedisServer;
  let store: RedisFeatureStore;

  beforeEach(async () => {
    server = await RedisServer.start({ persistent: true });
    store = await RedisFeatureStore.connect({ url: server.socketPath, plan });
  });

  afterEach(async () => {
    await store.close();
    await server.stop();
  });

  async function decide(event: PlainEvent, name = 'c_count'): Promise<number> {
    const request = requestOf(plan, recordOf(plan, event), event);
    return valueOf(event, name, (await store.readAndAppend(request)).states);
  }

  async function failedDecide(event: PlainEvent): Promise<StoreError> {
    const { timeoutMs: _longer, ...request } = requestOf(plan, recordOf(plan, event), event);
    return store.readAndAppend(request).then(
      () => {
        throw new Error('it was answered');
      },
      (error: unknown) => {
        if (error instanceof StoreError) return error;
        throw error;
      },
    );
  }

  async function untilReady(): Promise<void> {
    while (!store.isReady || store.writesWaiting > 0) await sleep(10);
  }

  test('a paused server makes reads time out; what was appended meanwhile counts once', async () => {
    await decide(payment(1));
    server.pause();
    const error = await failedDecide(payment(2));
    expect(error.kind).toBe('timeout');
    const states = store.readCached(requestOf(plan, recordOf(plan, payment(3)), payment(3)))!;
    expect(valueOf(payment(3), 'c_count', states)).toBe(3);
    server.resume();
    await untilReady();
    expect(await decide(payment(4))).toBe(3);
  });

  test('a server that does not answer is not sent ever more', async () => {
    await decide(payment(1));
    server.pause();
    await failedDecide(payment(2));
    await sleep(150);
    const sent = store.roundTrips;
    for (let id = 3; id < 50; id += 1) await failedDecide(payment(id));
    expect(store.roundTrips).toBe(sent);
    server.resume();
    await untilReady();
    expect(await decide(payment(50))).toBe(50);
  });

  test('a killed server makes reads unavailable; after its restart nothing is lost or doubled', async () => {
    await decide(payment(1));
    await server.kill();
    while (store.isReady) await sleep(5);
    expect((await failedDecide(payment(2))).kind).toBe('unavailable');
    expect((await failedDecide(payment(2))).kind).toBe('unavailable');
    await server.start();
    await untilReady();
    expect(await decide(payment(3))).toBe(3);
    await store.flush();
    expect(await decide(payment(4), 'm_count')).toBe(4);
  });

  test('the first read after a restart counts what still waits to be written', async () => {
    await decide(payment(1));
    await server.kill();
    while (store.isReady) await sleep(5);
    for (let id = 2; id <= 60; id += 1) await failedDecide(payment(id));
    await server.start();
    while (!store.isReady) await sleep(1);
    expect(await decide(payment(61))).toBe(61);
  });

  test('a report about an event that waits to be written reaches it', async () => {
    await decide(payment(1));
    await server.kill();
    while (store.isReady) await sleep(5);
    await failedDecide(payment(2));
    expect(
      await store.patch([{ eventId: eventIdOf(payment(2)), label: eventLabel('fraud') }]),
    ).toBe(1);
    await server.start();
    await untilReady();
    await store.flush();
    expect(await decide(payment(3), 'c_fraud_share')).toBe(0.5);
    expect(await decide(payment(4), 'm_frauds')).toBe(1);
  });

  test('a server that lost its scripts gets them again within the same call', async () => {
    await decide(payment(1));
    const client = server.client();
    await client.script('FLUSH');
    client.disconnect();
    expect(await decide(payment(2))).toBe(2);
  });

  test('a new process finds the events that labels are for', async () => {
    await decide(payment(1));
    await store.close();
    store = await RedisFeatureStore.connect({ url: server.socketPath, plan });
    expect(
      await store.patch([{ eventId: eventIdOf(payment(1)), label: eventLabel('fraud') }]),
    ).toBe(1);
    await store.flush();
    expect(await decide(payment(2), 'c_fraud_share')).toBe(1);
    expect(await decide(payment(3), 'm_frauds')).toBe(1);
  });

  test('state of another layout is read as empty and counted, never misread', async () => {
    await decide(payment(1));
    await store.flush();
    const text = streamCatalogueText.replace('of: merchant_id, window: 1h', 'of: ip, window: 1h');
    const parsed = parseCatalogue(text.replace('of: card, window', 'of: ip, window'), 'other.yaml');
    if (!parsed.ok) throw new Error('the other catalogue is wrong');
    const other = buildFeaturePlan(parsed.value, 'other');
    const request = requestOf(other, recordOf(other, payment(2)), payment(2));
    const { states } = await store.readAndAppend(request);
    const record = recordOf(other, payment(2));
    computeFeatures(other, record, states, payment(2).timeMs);
    expect(record.numbers[other.schema.slotOf('c_count')!]).toBe(1);
    expect(record.numbers[other.schema.slotOf('m_count')!]).toBe(1);
    expect(store.counters().foreignStates).toBeGreaterThanOrEqual(2);
  });

  test('a start without Redis succeeds, and reads say that it is unavailable', async () => {
    await server.kill();
    const other = await RedisFeatureStore.connect({ url: server.socketPath, plan });
    const request = requestOf(plan, recordOf(plan, payment(1)), payment(1));
    await expect(other.readAndAppend(request)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(other.ping()).rejects.toBeInstanceOf(StoreError);
    await other.close();
  });
});
