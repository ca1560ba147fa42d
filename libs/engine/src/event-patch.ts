import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import type { EventPatch } from '#features/feature-store.js';
import { eventIdOf } from './decision-id.js';
import type { Pseudonymizer } from './pseudonymizer.js';

/** A label as a change of its payment's event. Abuse is a loss like fraud. */
export function patchOfLabel(pseudonymizer: Pseudonymizer, label: LabelRequest): EventPatch {
  const eventId = pseudonymizer.eventId(label.transaction_id);
  return { eventId, label: label.label === 'abuse' ? 'fraud' : label.label };
}

/** An outcome as a change of its payment's event; null where features do not depend on it. */
export function patchOfOutcome(decisionId: string, outcome: OutcomeRequest): EventPatch | null {
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
