import { labelStrengths, saidAtMs } from '#contracts/label-source.js';
import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import type { EventId } from '#features/event-id.js';
import type { EventPatch } from '#features/feature-store.js';
import { eventIdOf } from './decision-id.js';
import { labelIdOf, shortIdOf } from './label-id.js';
import type { Pseudonymizer } from './pseudonymizer.js';

/** What a label says of its event; abuse is a loss like fraud. */
export interface LabelWord {
  readonly id: string;
  readonly label: LabelRequest['label'];
  /** Of its source. */
  readonly strength: number;
  readonly saidAtMs: number;
}

/**
 * A label as a change of its payment's event.
 *
 * @param learntAtMs When it was accepted, epoch ms.
 */
export function patchOfLabel(
  pseudonymizer: Pseudonymizer,
  request: LabelRequest,
  learntAtMs: number,
): EventPatch {
  return labelPatch(pseudonymizer.eventId(request.transaction_id), {
    id: labelIdOf(request),
    label: request.label,
    strength: labelStrengths[request.source],
    saidAtMs: saidAtMs(request.reported_at, learntAtMs),
  });
}

/** The same for an event that is known already. */
export function labelPatch(eventId: EventId, word: LabelWord): EventPatch {
  const { id, label, strength, saidAtMs: saidMs } = word;
  return {
    eventId,
    label: {
      id: shortIdOf(id),
      strength,
      label: label === 'abuse' ? 'fraud' : label,
      saidAtMs: saidMs,
    },
  };
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
