import { expect, test } from 'vitest';
import { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import { testPseudonymizer } from '#testing/small-policy.js';
import { makeDecisionId } from './decision-id.js';
import { patchOfLabel, patchOfOutcome } from './event-patch.js';

const eventId = testPseudonymizer.eventId('pay-1');

test.each([
  ['fraud', 'fraud'],
  ['abuse', 'fraud'],
  ['legit', 'legit'],
  ['unknown', 'unknown'],
])('the label %s marks the event of its payment as %s', (label, marked) => {
  const request = LabelRequest.parse({ transaction_id: 'pay-1', label, source: 'chargeback' });
  expect(patchOfLabel(testPseudonymizer, request)).toEqual({ eventId, label: marked });
});

const expected = {
  authorized: { eventId, declined: false },
  captured: { eventId, declined: false },
  declined_by_issuer: { eventId, declined: true },
  voided: null,
  challenge_passed: null,
  challenge_failed: null,
};

test.each(OutcomeRequest.shape.outcome.options)(
  'the outcome %s finds its payment by the decision alone',
  (outcome) => {
    const decisionId = makeDecisionId(1_763_890_000_000, eventId, 5);
    expect(patchOfOutcome(decisionId, { outcome })).toEqual(expected[outcome]);
  },
);
