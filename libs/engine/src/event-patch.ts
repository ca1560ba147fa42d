import { labelStrengths, saidAtMs } from '#contracts/label-source.js';
import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import type { EventPatch } from '#features/feature-store.js';
import { eventIdOf } from './decision-id.js';
import { labelIdOf, shortIdOf } from './label-id.js';
import type { Pseudonymizer } from './pseudonymizer.js';

/**
 * A label as a change of its payment's event. Abuse is a loss like fraud.
 *
 * @param learntAtMs When it was accepted, epoch ms.
 */
export function patchOfLabel(
  pseudonymizer: Pseudonymizer,
  request: LabelRequest,
  learntAtMs: number,
): EventPatch {
  return {
    eventId: pseudonymizer.eventId(request.transaction_id),
    label: {
      id: shortIdOf(labelIdOf(request)),
      strength: labelStrengths[request.source],
      label: request.label === 'abuse' ? 'fraud' : request.label,
      saidAtMs: saidAtMs(request.reported_at, learntAtMs),
    },
  };
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
