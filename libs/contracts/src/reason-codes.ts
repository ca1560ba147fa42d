import type { DegradationCause } from './decision-reply.js';

/** What a reason code says: to staff, and to the customer. */
export interface ReasonText {
  readonly message: string;
  readonly public_message: string;
}

/**
 * Given by the engine itself. Rulesets and models bring their own codes, which must not reuse
 * these.
 */
export const builtInReasons = {
  SCORE_CHALLENGE: {
    message: 'The risk score is at or above the challenge threshold of its segment',
    public_message: 'We need to confirm that it is you.',
  },
  SCORE_REVIEW: {
    message: 'The risk score is at or above the review threshold of its segment',
    public_message: 'This payment needs a manual check.',
  },
  SCORE_DECLINE: {
    message: 'The risk score is at or above the decline threshold of its segment',
    public_message: 'This payment could not be accepted.',
  },
  STAND_IN_APPROVE: {
    message: 'No score was at hand; the amount is within the stand-in limit',
    public_message: 'This payment was accepted.',
  },
  STAND_IN_ABOVE_LIMIT: {
    message: 'No score was at hand; the amount is above the stand-in limit',
    public_message: 'This payment needs a further check.',
  },
  EXPLORATION: {
    message:
      'Let through to learn what declines block; the reasons after this one would have declined',
    public_message: 'This payment was accepted.',
  },
} as const satisfies Record<string, ReasonText>;

const fallbackMessages: Record<DegradationCause, string> = {
  STATE_TIMEOUT: 'The feature store did not answer in time',
  STATE_UNAVAILABLE: 'The feature store could not be reached',
  MODEL_TIMEOUT: 'The model did not answer in time',
  MODEL_UNAVAILABLE: 'No model could score this transaction',
  MODEL_OVERLOADED: 'The model had too many requests waiting',
  MODEL_INVALID_SCORE: 'The model returned what is no probability',
  RULES_FAILED: 'The rules could not be evaluated',
  DEADLINE_SPENT: 'The time of the request was spent before every stage had run',
};

const FALLBACK_PUBLIC_MESSAGE = 'This payment was checked in a limited way.';

/** The reason code of a degradation: `FALLBACK_MODEL_TIMEOUT` for `MODEL_TIMEOUT`. */
export function fallbackReasonCode(cause: DegradationCause): string {
  return `FALLBACK_${cause}`;
}

export function fallbackReason(cause: DegradationCause): ReasonText {
  return { message: fallbackMessages[cause], public_message: FALLBACK_PUBLIC_MESSAGE };
}
