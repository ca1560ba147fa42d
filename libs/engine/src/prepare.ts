import type { DecisionRequest } from '#contracts/decision-request.js';
import type { SignalRecord } from '#contracts/signals.js';
import type { EventId } from '#features/event-id.js';
import { extractSignals, type ExtractWarning } from '#features/extract.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { planState, type EntityEvent } from '#features/state-request.js';
import type { Pseudonymizer } from './pseudonymizer.js';

/**
 * A transaction as the engine sees it: its own signals, and the event that its entities are to
 * remember.
 */
export interface PreparedTransaction {
  readonly record: SignalRecord;
  readonly warnings: readonly ExtractWarning[];
  readonly eventId: EventId;
  readonly eventTimeMs: number;
  readonly entities: readonly EntityEvent[];
}

/**
 * The same for live traffic, replays and recovery: from here on, personal values are pseudonyms.
 */
export function prepareTransaction(
  plan: FeaturePlan,
  pseudonymizer: Pseudonymizer,
  request: DecisionRequest,
  eventTimeMs: number,
): PreparedTransaction {
  const { pseudonym } = pseudonymizer;
  const { record, warnings } = extractSignals(plan, request, { eventTimeMs, pseudonym });
  const clamped = clampWarning(request, eventTimeMs);
  const eventId = pseudonymizer.eventId(request.transaction_id);
  const entities = planState(plan, record, { id: eventId, timeMs: eventTimeMs });
  return {
    record,
    warnings: clamped === null ? warnings : [clamped, ...warnings],
    eventId,
    eventTimeMs,
    entities,
  };
}

function clampWarning(request: DecisionRequest, eventTimeMs: number): ExtractWarning | null {
  const sent = request.event_time;
  if (sent === undefined || Date.parse(sent) === eventTimeMs) return null;
  const taken = new Date(eventTimeMs).toISOString();
  return {
    field: 'event_time',
    message: `too far from the clock of this server: features are as of ${taken}`,
  };
}

/**
 * As of when features are computed: the transaction's own time, but for live traffic never further
 * from the server's clock than `skewMs`, so that a wrong clock at a caller cannot poison windows.
 */
export function eventTimeOf(
  request: DecisionRequest,
  nowMs: number,
  skewMs: number | null,
): number {
  if (request.event_time === undefined) return nowMs;
  const sentMs = Date.parse(request.event_time);
  if (skewMs === null) return sentMs;
  return Math.min(nowMs + skewMs, Math.max(nowMs - skewMs, sentMs));
}
