import { createHash } from 'node:crypto';
import { DecisionRequest } from '#contracts/decision-request.js';
import { eventIdFromHash } from '#features/event-id.js';
import { extractSignals } from '#features/extract.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { StateRequest } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';

export interface TrafficShape {
  /** How many cards, customers, devices and addresses take part, each in its turn. */
  readonly entities: number;
  /** Whether payments carry merchant, terminal, IP and BIN too. */
  readonly merchant: boolean;
}

export const TRAFFIC_START_MS = Date.UTC(2026, 0, 1);
export const TRAFFIC_STEP_MS = 500;

/**
 * The nth payment of a fixed, endless stream: entities take turns, so that their rings fill evenly.
 */
export function trafficRequest(nth: number, shape: TrafficShape): DecisionRequest {
  const entity = nth % shape.entities;
  return DecisionRequest.parse({
    transaction_id: `payment-${nth}`,
    amount: { value: 500 + ((nth * 7_919) % 20_000), currency: 'EUR' },
    payment_method: {
      token: `card-${entity}`,
      issuer_country: 'DE',
      ...(shape.merchant ? { bin: String(400_000 + (entity % 300)) } : {}),
    },
    customer: { id: `customer-${entity}`, email: `customer-${entity}@example.com` },
    device: {
      id: `device-${entity}`,
      ip_country: 'DE',
      ...(shape.merchant ? { ip: `10.0.${entity % 250}.${nth % 250}` } : {}),
    },
    merchant: {
      country: 'DE',
      ...(shape.merchant ? { id: `merchant-${nth % 600}`, terminal_id: `t-${nth % 1_000}` } : {}),
    },
  });
}

/** The stream as requests to a store, without a claim. Identifiers stand for their pseudonyms. */
export function featureTraffic(
  plan: FeaturePlan,
  shape: TrafficShape,
): (nth: number) => StateRequest {
  return (nth) => {
    const eventTimeMs = TRAFFIC_START_MS + nth * TRAFFIC_STEP_MS;
    const context = { eventTimeMs, pseudonym: (_kind: string, value: string) => value };
    const { record } = extractSignals(plan, trafficRequest(nth, shape), context);
    const eventId = eventIdFromHash(createHash('sha256').update(String(nth)).digest());
    return {
      claim: null,
      nowMs: Date.now(),
      eventId,
      eventTimeMs,
      entities: planState(plan, record, { id: eventId, timeMs: eventTimeMs }),
      append: true,
    };
  };
}
