import type { LabelRequest } from '#contracts/outcome-request.js';
import type { SignalRecord } from '#contracts/signals.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import { extractSignals } from '#features/extract.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EventPatch, StateRequest } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import type { HistoryItem } from './history-item.js';

export interface PaymentState {
  readonly record: SignalRecord;
  readonly request: StateRequest;
}

/** A payment's signals, and what the feature store is asked for it: as the decision API does, without a claim. */
export function stateOf(
  plan: FeaturePlan,
  pseudonymizer: Pseudonymizer,
  { request, timeMs }: HistoryItem,
): PaymentState {
  const context = { eventTimeMs: timeMs, pseudonym: pseudonymizer.pseudonym };
  const { record } = extractSignals(plan, request, context);
  const eventId = pseudonymizer.eventId(request.transaction_id);
  const entities = planState(plan, record, { id: eventId, timeMs });
  return {
    record,
    request: { claim: null, nowMs: timeMs, eventId, eventTimeMs: timeMs, entities, append: true },
  };
}

/** A label as a change of its payment's event. Abuse is a loss like fraud; refunds and doubts change nothing known. */
export function patchOf(pseudonymizer: Pseudonymizer, label: LabelRequest): EventPatch {
  const eventId = pseudonymizer.eventId(label.transaction_id);
  return { eventId, label: label.label === 'abuse' ? 'fraud' : label.label };
}
