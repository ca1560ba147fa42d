import { describe, expect, test } from 'vitest';
import { packRecord } from './event-record.js';
import { parseCatalogue } from './feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from './feature-plan.js';
import { GrowingRing, readRing, RING_HEADER_BYTES, ringMark } from './ring.js';
import { planState } from './state-request.js';
import { slots } from './transaction-slots.js';
import { computeFeatures } from './vector.js';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 23, 12);

function planOf(features: string, more = ''): FeaturePlan {
  const text = `format: tollgate-features/1
entities:
  card:
    kind: bounded
    key: card
    events: 8
    features:
${features}
${more}`;
  const parsed = parseCatalogue(text, 'f.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return buildFeaturePlan(parsed.value, 'version');
}

interface Past {
  readonly agoMs: number;
  readonly amountMinor?: number;
  readonly currency?: string;
  readonly merchant?: string;
}

/** The features of a payment of 10.00 EUR at `now`, after the given past of the same card. */
function featuresAfter(plan: FeaturePlan, past: readonly Past[]): (name: string) => number {
  const eventOf = ({ agoMs, amountMinor = 1_000, currency = 'EUR', merchant = 'm' }: Past) => {
    const record = plan.emptyRecord();
    record.numbers[slots.eventTime] = now - agoMs;
    record.numbers[slots.amountMinor] = amountMinor;
    record.strings[slots.currency] = currency;
    record.strings[slots.card] = 'card-token';
    record.strings[slots.merchantId] = merchant;
    return record;
  };
  const entity = plan.entities[0]!;
  const ring = new GrowingRing(entity);
  past.forEach((event, index) => {
    const id = { high: 1, low: index };
    const [state] = planState(plan, eventOf(event), { id, timeMs: now - event.agoMs });
    ring.append(state!.record, id);
  });
  const record = eventOf({ agoMs: 0 });
  const [event] = planState(plan, record, { id: { high: 2, low: 0 }, timeMs: now });
  computeFeatures(plan, record, [{ kind: 'ring', event: event!, ring: ring.view() }], now);
  return (name) => record.numbers[plan.schema.slotOf(name)!]!;
}

describe('windows are (t - window, t]', () => {
  const plan = planOf('      n: { aggregate: count, window: 1h }');
  test.each([
    ['one millisecond inside', HOUR - 1, 2],
    ['exactly one window old', HOUR, 1],
    ['at the same time', 0, 2],
    ['later, by an event that came out of order', -1, 1],
  ])('an event %s', (_name, agoMs, expected) => {
    expect(featuresAfter(plan, [{ agoMs }])('n')).toBe(expected);
  });
});

describe('a delayed window is (t - delay - window, t - delay]', () => {
  const plan = planOf('      n: { aggregate: count, window: 1h, delay: 2h }');
  test.each([
    ['before the delay', 2 * HOUR - 1, 0],
    ['exactly at the delay', 2 * HOUR, 1],
    ['just inside', 3 * HOUR - 1, 1],
    ['exactly delay and window old', 3 * HOUR, 0],
  ])('an event %s', (_name, agoMs, expected) => {
    expect(featuresAfter(plan, [{ agoMs }])('n')).toBe(expected);
  });
});

test('windows of different lengths are nested, whatever the order they are declared in', () => {
  const plan = planOf(`      day: { aggregate: sum, window: 24h }
      hour: { aggregate: sum, window: 1h }
      six: { aggregate: sum, window: 6h, include_current: false }`);
  const value = featuresAfter(plan, [
    { agoMs: 20 * HOUR, amountMinor: 100 },
    { agoMs: 5 * HOUR, amountMinor: 200 },
    { agoMs: HOUR / 2, amountMinor: 400 },
  ]);
  expect([value('hour'), value('six'), value('day')]).toEqual([14, 6, 17]);
});

test('a first payment has a count, and no mean of what came before it', () => {
  const plan = planOf(`      n: { aggregate: count, window: 1h }
      before: { aggregate: mean, window: 1h, include_current: false }
      ratio: { aggregate: ratio_to_mean, window: 1h, default: 1 }
      since: { aggregate: time_since_last }`);
  const value = featuresAfter(plan, []);
  expect([value('n'), value('before'), value('ratio'), value('since')]).toEqual([
    1,
    Number.NaN,
    1,
    Number.NaN,
  ]);
});

test('the deviation of large, close amounts does not cancel out', () => {
  const plan = planOf('      s: { aggregate: stddev, window: 1h }');
  const large = 100_000_000_000;
  const value = featuresAfter(plan, [
    { agoMs: 1, amountMinor: large },
    { agoMs: 2, amountMinor: large + 200 },
  ]);
  const amounts = [large / 100, large / 100 + 2, 10];
  const mean = amounts.reduce((a, b) => a + b) / 3;
  const expected = Math.sqrt(amounts.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3);
  expect(value('s') / expected).toBeCloseTo(1, 12);
});

test('amounts of several currencies are compared in one; without a rate they are left out', () => {
  const rates = 'amounts: { currency: EUR, feature: eur, rates: { USD: 0.5, JPY: 0.01 } }';
  const plan = planOf('      s: { aggregate: sum, window: 1h }', rates);
  const value = featuresAfter(plan, [
    { agoMs: 1, amountMinor: 1_000, currency: 'USD' },
    { agoMs: 2, amountMinor: 1_000, currency: 'JPY' },
    { agoMs: 3, amountMinor: 99_999, currency: 'ZWG' },
  ]);
  expect(value('s')).toBe(10 + 5 + 10);
});

test('an unavailable state leaves features missing, or at their default', () => {
  const plan = planOf(`      n: { aggregate: count, window: 1h }
      d: { aggregate: count, window: 2h, default: 0 }`);
  const record = plan.emptyRecord();
  computeFeatures(plan, record, [null], now);
  expect(record.numbers[plan.schema.slotOf('n')!]).toBeNaN();
  expect(record.numbers[plan.schema.slotOf('d')!]).toBe(0);
});

test('derived features may read one another, whatever their order; unknown takes the default', () => {
  const plan = planOf(
    '      n: { aggregate: count, window: 1h }',
    `derived:
  twice: { expression: next + next }
  next: { expression: n + 1.0 }
  lost: { expression: customer_age_days + 1.0, default: -1 }`,
  );
  const value = featuresAfter(plan, [{ agoMs: 1 }]);
  expect([value('next'), value('twice'), value('lost')]).toEqual([3, 6, -1]);
});

describe('stored rings', () => {
  const plan = planOf('      n: { aggregate: distinct, of: merchant_id, window: 1h }');
  const { layout } = plan.entities[0]!;
  const stored = (head: number, times: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(RING_HEADER_BYTES + times.length * layout.size);
    new DataView(bytes.buffer).setUint32(0, ringMark(layout));
    bytes[11] = head;
    times.forEach((timeMs, index) => {
      const input = { id: { high: 0, low: index }, timeMs, amountUnits: 0 };
      bytes.set(packRecord(layout, plan.emptyRecord(), input), 12 + index * layout.size);
    });
    return bytes;
  };

  test('a ring that was written over is read from its oldest record', () => {
    const reading = readRing(stored(2, [30, 40, 10, 20]), layout);
    if (reading.kind !== 'ring') throw new Error('it was not recognised');
    const { bytes, start, end } = reading.ring;
    const times: number[] = [];
    for (let at = start; at < end; at += layout.size) times.push(bytes[at + 5]!);
    expect(times).toEqual([10, 20, 30, 40]);
  });

  test.each([
    ['cut off', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['of another codec version', (bytes: Uint8Array) => bytes.with(0, 9)],
    ['of another layout', (bytes: Uint8Array) => bytes.with(3, bytes[3]! ^ 1)],
    ['with a head outside', (bytes: Uint8Array) => bytes.with(11, 7)],
    ['empty', () => new Uint8Array(0)],
  ])('a ring %s is foreign', (_name, damage) => {
    expect(readRing(damage(stored(0, [10, 20])), layout).kind).toBe('foreign');
  });
});
