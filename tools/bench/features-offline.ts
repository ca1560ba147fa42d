import { extractSignals } from '#features/extract.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { planState } from '#features/state-request.js';
import { computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { TRAFFIC_START_MS, TRAFFIC_STEP_MS, trafficRequest } from './feature-traffic.js';

export interface OfflineFigures {
  readonly transactionsPerSecond: number;
  /** Without the store: extraction, packing and the windows of one transaction. */
  readonly featureUs: number;
}

const SHAPE = { entities: 2_000, merchant: true };
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;

/**
 * Replays payments that carry every entity through the memory store, as history is replayed for
 * training.
 */
export function measureOffline(plan: FeaturePlan, transactions: number): OfflineFigures {
  const store = new MemoryFeatureStore({ now: () => 0 });
  const requests = Array.from({ length: SHAPE.entities }, (_, nth) => trafficRequest(nth, SHAPE));
  const pseudonym = (_kind: string, value: string): string => value;
  let storeMs = 0;
  const startMs = performance.now();
  for (let nth = 0; nth < transactions; nth += 1) {
    const timeMs = TRAFFIC_START_MS + nth * TRAFFIC_STEP_MS;
    const request = requests[nth % requests.length]!;
    const { record } = extractSignals(plan, request, { eventTimeMs: timeMs, pseudonym });
    const eventId = { high: 0, low: nth };
    const entities = planState(plan, record, { id: eventId, timeMs });
    const beforeMs = performance.now();
    const states = store.readAndAppendNow({
      claim: null,
      nowMs: 0,
      eventId,
      eventTimeMs: timeMs,
      entities,
      append: true,
    });
    storeMs += performance.now() - beforeMs;
    computeFeatures(plan, record, states, timeMs);
  }
  const totalMs = performance.now() - startMs;
  return {
    transactionsPerSecond: (transactions / totalMs) * MS_PER_SECOND,
    featureUs: ((totalMs - storeMs) / transactions) * US_PER_MS,
  };
}
