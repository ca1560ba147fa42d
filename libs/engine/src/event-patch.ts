import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import type { EventId } from '#features/event-id.js';
import type { EventPatch } from '#features/feature-store.js';
import { eventIdOf } from './decision-id.js';
import type { Pseudonymizer } from './pseudonymizer.js';

/** A label as a change of its payment's event. Abuse is a loss like fraud. */
export function patchOfLabel(pseudonymizer: Pseudonymizer, label: LabelRequest): EventPatch {
  return labelPatch(pseudonymizer.eventId(label.transaction_id), label.label);
}

/** The same for an event that is known already. */
export function labelPatch(eventId: EventId, label: LabelRequest['label']): EventPatch {
  return { eventId, label: label === 'abuse' ? 'fraud' : label };
}

/** An outcome as a change of its payment's event; null where features do not depend on it. */
export function patchOfOutcome(
  decisionId: string,
  outcome: Pick<OutcomeRequest, 'outcome'>,
): EventPatch | null {
  switch (outcome.outcome) {
    case 'declined_by_issuer':
      return { eventId: eventIdOf(decisionId), declined: true };
    case 'authorized':
    case 'captured':
      return { eventId: eventIdOf(decisionId), declined: false };
    case 'voided':
    case 'challenge_passed':
    case 'challenge_failed':
      return null;
  }
}
