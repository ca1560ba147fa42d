import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patchOfLabel } from '#engine/event-patch.js';
import { prepareTransaction } from '#engine/prepare.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';
import type { FeatureStore } from '#features/feature-store.js';
import { computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { hasRedisServer, RedisServer } from '#testing/redis-server.js';
import { paymentJson } from '../simulate/payment-json.js';
import { simulatePayments } from '../simulate/simulate-payments.js';
import type { HistoryItem } from './history-item.js';
import { LabelSchedule } from './label-schedule.js';
import { History } from './read-history.js';
import { readRequest } from './request-row.js';
import { warmUp } from './warm-up.js';

const DAY_MS = 86_400_000;
const startMs = Date.parse('2026-01-01T00:00:00Z');
const untilMs = startMs + 5 * DAY_MS;
const catalogue = `
format: tollgate-features/1
entities:
  card:
    kind: bounded
    key: card
    features:
      card_count_1d: { aggregate: count, window: 1d }
      card_mean_3d: { aggregate: mean, window: 3d }
      card_frauds_3d: { aggregate: fraud_count, window: 3d }
  terminal:
    kind: bounded
    key: terminal_id
    features:
      terminal_share_2d: { aggregate: fraud_share, window: 2d, delay: 1d, default: 0 }
`;

const available = hasRedisServer();
if (!available) process.stderr.write('skipped: no redis-server on PATH\n');
let server: RedisServer;
beforeAll(async () => {
  if (available) server = await RedisServer.start();
});
afterAll(async () => {
  if (available) await server.stop();
});

test.skipIf(!available)(
  'after a warm-up, a store gives the features that it would have given all along',
  async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const parsed = parseCatalogue(catalogue, 'features.yaml');
    if (!parsed.ok) throw new Error('the catalogue of this test is wrong');
    const plan = buildFeaturePlan(parsed.value, 'test');
    const pseudonymizer = new Pseudonymizer(Buffer.alloc(32, 7));
    const items = payments();
    const context = { plan, pseudonymizer };

    const store = await RedisFeatureStore.connect({ url: server.socketPath, plan });
    const counted = await warmUp({
      ...context,
      store,
      untilMs,
      labels: new LabelSchedule(null),
      history: historyOf(items),
    });
    const late = items.filter((item) => item.timeMs >= untilMs);
    // The longest window and a day of lateness: what is older cannot be seen any more.
    const early = items.filter((item) => item.timeMs < untilMs - 4 * DAY_MS);
    expect(early.length).toBeGreaterThan(0);
    expect(counted).toBe(items.length - late.length - early.length);
    const memory = new MemoryFeatureStore({ now: () => startMs });
    const allAlong = await features({ ...context, store: memory }, items, 0);
    const afterWarmUp = await features({ ...context, store }, items, untilMs);
    expect(late.length).toBeGreaterThan(100);
    expect(afterWarmUp).toEqual(allAlong.slice(-late.length));
    expect(afterWarmUp.some((values) => (values[2] ?? 0) > 0)).toBe(true);
    await store.close();
  },
);

interface Context {
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  readonly store: FeatureStore;
}

/** The features of all payments from a time on, asked one after the other, labels in their turn. */
async function features(context: Context, items: readonly HistoryItem[], fromMs: number) {
  const { plan, pseudonymizer, store } = context;
  const labels = new LabelSchedule(null);
  const rows: number[][] = [];
  for (const item of items) {
    for (const { timeMs, request } of labels.due(item.timeMs)) {
      // What was known before the warm-up ended was delivered by it, and to say it again changes
      // nothing.
      if (timeMs < fromMs - DAY_MS) continue;
      await store.patch([patchOfLabel(pseudonymizer, request, timeMs)]);
    }
    labels.add(item, null);
    if (item.timeMs < fromMs) continue;
    const prepared = prepareTransaction(plan, pseudonymizer, item.request, item.timeMs);
    const { record } = prepared;
    const request = { ...prepared, claim: null, nowMs: item.timeMs, append: true };
    const { states } = await store.readAndAppend({ ...request, timeoutMs: 1_000 });
    computeFeatures(plan, record, states, item.timeMs);
    rows.push(
      plan.featureNames.map((name) => record.numbers[plan.schema.slotOf(name) ?? -1] ?? -1),
    );
  }
  return rows;
}

/** Nine days of a village; every fraud is known a day later. */
function payments(): readonly HistoryItem[] {
  const options = { seed: 5, startMs, days: 9, customers: 150, merchants: 50 };
  return [...simulatePayments(options)].map((payment, row) => {
    const read = readRequest(JSON.parse(paymentJson(payment, `t${row}`)));
    if (!read.ok) throw new Error(read.problem);
    const isFraud = row % 9 === 0;
    const label = { label: 'fraud', source: 'chargeback', delayMs: DAY_MS } as const;
    return { ...read.item, row, isFraud, label: isFraud ? label : null };
  });
}

function historyOf(items: readonly HistoryItem[]): History {
  const history = new History({
    path: '',
    mapping: null,
    tokenise: (_kind, value) => value,
    skipInvalid: false,
  });
  vi.spyOn(history, 'batches').mockImplementation(async function* batches() {
    for (let start = 0; start < items.length; start += 64) yield items.slice(start, start + 64);
  });
  return history;
}
