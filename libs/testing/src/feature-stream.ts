import fc from 'fast-check';
import type { SignalRecord } from '#contracts/signals.js';
import type { FeatureCatalogue } from '#features/catalogue-types.js';
import type { EventId } from '#features/event-id.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';
import type { FeatureStore, StateRequest } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import { slots } from '#features/transaction-slots.js';
import { computeFeatures } from '#features/vector.js';
import { eventLabel } from './event-label.js';
import type { PlainEvent } from './feature-reference.js';

/**
 * Every aggregate, bounded and unbounded, with and without delay; and a ring so short that it
 * overflows.
 */
export const streamCatalogueText = `
format: tollgate-features/1
entities:
  card:
    kind: bounded
    key: card
    events: 64
    features:
      c_count: { aggregate: count, window: 1h }
      c_count_long: { aggregate: count, window: 2d }
      c_count_before: { aggregate: count, window: 1h, include_current: false }
      c_count_delayed: { aggregate: count, window: 6h, delay: 1h }
      c_sum: { aggregate: sum, window: 1h }
      c_mean: { aggregate: mean, window: 6h }
      c_stddev: { aggregate: stddev, window: 6h }
      c_min: { aggregate: min, window: 1h }
      c_max: { aggregate: max, window: 6h, include_current: false }
      c_distinct: { aggregate: distinct, of: merchant_id, window: 1h }
      c_distinct_old: { aggregate: distinct, of: merchant_id, window: 6h, include_current: false }
      c_distinct_countries: { aggregate: distinct, of: merchant_country, window: 2d }
      c_since: { aggregate: time_since_last }
      c_ratio: { aggregate: ratio_to_mean, window: 6h }
      c_declines: { aggregate: decline_count, window: 6h }
      c_decline_share: { aggregate: decline_share, window: 1h, default: 0 }
      c_frauds: { aggregate: fraud_count, window: 6h, delay: 1h }
      c_fraud_share: { aggregate: fraud_share, window: 2d, default: 0 }
      c_truncated: { aggregate: truncated }
  merchant:
    kind: unbounded
    key: merchant_id
    features:
      m_count: { aggregate: count, window: 1h }
      m_count_delayed: { aggregate: count, window: 6h, delay: 1h }
      m_sum: { aggregate: sum, window: 6h }
      m_mean: { aggregate: mean, window: 6h }
      m_stddev: { aggregate: stddev, window: 6h }
      m_distinct: { aggregate: distinct, of: card, window: 1h }
      m_frauds: { aggregate: fraud_count, window: 6h }
      m_declines: { aggregate: decline_count, window: 6h }
      m_fraud_share: { aggregate: fraud_share, window: 6h, delay: 1h, default: 0 }
  few:
    kind: bounded
    key: card
    events: 4
    features:
      f_count: { aggregate: count, window: 6h }
      f_sum: { aggregate: sum, window: 6h }
      f_distinct: { aggregate: distinct, of: merchant_id, window: 1h }
      f_since: { aggregate: time_since_last }
      f_frauds: { aggregate: fraud_count, window: 6h }
      f_truncated: { aggregate: truncated, window: 6h }
`;

export function streamCatalogue(): FeatureCatalogue {
  const parsed = parseCatalogue(streamCatalogueText, 'stream.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

export function streamPlan(): FeaturePlan {
  return buildFeaturePlan(streamCatalogue(), 'stream');
}

export type StreamStep =
  | { readonly kind: 'payment'; readonly event: PlainEvent }
  /** The nth payment of the stream so far is sent again. */
  | { readonly kind: 'retry'; readonly nth: number }
  | { readonly kind: 'report'; readonly nth: number; readonly fraud: boolean }
  | { readonly kind: 'outcome'; readonly nth: number; readonly declined: boolean };

const START_MS = Date.UTC(2026, 10, 1);

const payment = fc.record({
  card: fc.constantFrom('card-a', 'card-b', 'card-c'),
  merchant: fc.constantFrom('shop-1', 'shop-2', 'shop-3', 'shop-4', null),
  country: fc.constantFrom('DE', 'FR', null),
  amountMinor: fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.constant(1_000_000_000_000)),
  stepMs: fc.integer({ min: -2 * 3_600_000, max: 3_600_000 }),
});

/**
 * Payments out of order and in bursts, retries, and reports that come later, sometimes twice or
 * changed.
 */
export const streams: fc.Arbitrary<StreamStep[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: payment.map((value) => ({ kind: 'payment' as const, value })) },
      { weight: 1, arbitrary: fc.nat(200).map((nth) => ({ kind: 'retry' as const, nth })) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('report' as const),
          nth: fc.nat(200),
          fraud: fc.boolean(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('outcome' as const),
          nth: fc.nat(200),
          declined: fc.boolean(),
        }),
      },
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((drawn) => {
    let timeMs = START_MS;
    let payments = 0;
    return drawn.flatMap((step): StreamStep[] => {
      if (step.kind !== 'payment') {
        return payments === 0 ? [] : [{ ...step, nth: step.nth % payments }];
      }
      const { card, merchant, country, amountMinor, stepMs } = step.value;
      timeMs = Math.max(START_MS, timeMs + stepMs);
      payments += 1;
      const event: PlainEvent = {
        id: payments,
        timeMs,
        amountUnits: amountMinor * 10,
        attributes: { card, merchant_id: merchant, merchant_country: country },
        fraud: false,
        declined: false,
      };
      return [{ kind: 'payment', event }];
    });
  });

export function eventIdOf(event: PlainEvent): EventId {
  return { high: (event.id * 2_654_435_761) >>> 0, low: event.id };
}

export function recordOf(plan: FeaturePlan, event: PlainEvent): SignalRecord {
  const record = plan.emptyRecord();
  record.numbers[slots.eventTime] = event.timeMs;
  record.numbers[slots.amountMinor] = event.amountUnits / 10;
  record.strings[slots.currency] = 'EUR';
  for (const [signal, value] of Object.entries(event.attributes)) {
    record.strings[plan.schema.slotOf(signal)!] = value;
  }
  return record;
}

/** A request for one event. `key` distinguishes tests that share a server. */
export function requestOf(
  plan: FeaturePlan,
  record: SignalRecord,
  event: PlainEvent,
): StateRequest {
  const id = eventIdOf(event);
  return {
    claim: null,
    nowMs: Date.now(),
    eventId: id,
    eventTimeMs: event.timeMs,
    entities: planState(plan, record, { id, timeMs: event.timeMs }),
    append: true,
    timeoutMs: 2_000,
  };
}

/**
 * Plays a stream through a store; returns the feature values of each payment, in the stream's
 * order.
 */
export async function playStream(
  store: FeatureStore,
  plan: FeaturePlan,
  steps: readonly StreamStep[],
  settle: () => Promise<void> = async () => undefined,
): Promise<Float64Array[]> {
  const payments: PlainEvent[] = [];
  const vectors: Float64Array[] = [];
  for (const step of steps) {
    if (step.kind === 'payment') payments.push(step.event);
    const event = step.kind === 'payment' ? step.event : payments[step.nth]!;
    switch (step.kind) {
      case 'payment':
      case 'retry': {
        const record = recordOf(plan, event);
        const reply = await store.readAndAppend(requestOf(plan, record, event));
        computeFeatures(plan, record, reply.states, event.timeMs);
        if (step.kind === 'payment') vectors.push(record.numbers.slice(plan.firstFeatureSlot, -1));
        break;
      }
      case 'report':
        await store.patch([
          { eventId: eventIdOf(event), label: eventLabel(step.fraud ? 'fraud' : 'legit') },
        ]);
        break;
      case 'outcome':
        await store.patch([{ eventId: eventIdOf(event), declined: step.declined }]);
        break;
    }
    await settle();
  }
  return vectors;
}
