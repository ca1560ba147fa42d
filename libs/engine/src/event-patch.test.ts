import { expect, test } from 'vitest';
import { labelStrengths } from '#contracts/label-source.js';
import { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import { testPseudonymizer } from '#testing/small-policy.js';
import { makeDecisionId } from './decision-id.js';
import { labelIdOf, shortIdOf } from './label-id.js';
import { patchOfLabel, patchOfOutcome } from './event-patch.js';

const eventId = testPseudonymizer.eventId('pay-1');

test.each([
  ['fraud', 'fraud'],
  ['abuse', 'fraud'],
  ['legit', 'legit'],
  ['unknown', 'unknown'],
])('the label %s marks the event of its payment as %s', (label, marked) => {
  const request = LabelRequest.parse({ transaction_id: 'pay-1', label, source: 'chargeback' });
  expect(patchOfLabel(testPseudonymizer, request, 7_000)).toEqual({
    eventId,
    label: {
      id: shortIdOf(labelIdOf(request)),
      strength: labelStrengths.chargeback,
      label: marked,
      saidAtMs: 7_000,
    },
  });
});

test.each([
  ['1970-01-01T00:00:05Z', 5_000],
  ['1970-01-01T00:00:09Z', 7_000],
])('a label reported at %s and learnt at 7 s was said at %i ms', (reportedAt, saidAtMs) => {
  const request = LabelRequest.parse({
    transaction_id: 'pay-1',
    label: 'fraud',
    source: 'refund',
    reported_at: reportedAt,
  });
  expect(patchOfLabel(testPseudonymizer, request, 7_000).label?.saidAtMs).toBe(saidAtMs);
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
