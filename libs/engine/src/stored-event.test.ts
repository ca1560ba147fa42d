import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { EventRecord } from '#contracts/journal-record.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';
import { parsedRequest, smallPlan, testPseudonymizer } from '#testing/small-policy.js';
import { readFeaturePlan } from './artifacts/feature-plan-file.js';
import { makeDecisionId } from './decision-id.js';
import { decisionRecordJson } from './decision-record-json.js';
import { prepareTransaction, type PreparedTransaction } from './prepare.js';
import { patchOfDecision, stateRequestOf } from './stored-event.js';

let plan: FeaturePlan;
beforeAll(async () => {
  const read = await readFeaturePlan(
    join(resolve(import.meta.dirname, '../../..'), 'rules/features.yaml'),
  );
  if (!read.ok) throw new Error(read.problems.join('\n'));
  plan = read.value;
});

/** The record of a decision as the log gives it back. */
function logged(
  prepared: PreparedTransaction,
  featureSet: string,
  decision = 'approve',
): EventRecord {
  const receivedAtMs = prepared.eventTimeMs + 3;
  const text = decisionRecordJson({
    api_key_id: 'key',
    claim_key: 'claim',
    body_hash: 'hash',
    event_time_ms: prepared.eventTimeMs,
    received_at_ms: receivedAtMs,
    versions: { feature_set: featureSet, ruleset: 'r', model: null },
    record: prepared.record,
    probability: null,
    degradation: { level: 'none', causes: [] },
    shadow_rules: [],
    replyJson: JSON.stringify({
      decision_id: makeDecisionId(receivedAtMs, prepared.eventId, 5),
      decision,
    }),
  });
  return EventRecord.parse(JSON.parse(text));
}

const name = fc.string({ minLength: 1, maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const requests = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 20 }),
    amount: fc.record({
      value: fc.integer({ min: 0, max: 10_000_000_000 }),
      currency: fc.constantFrom('EUR', 'USD', 'JPY', 'XAU'),
    }),
    card: maybe(name),
    customer: maybe(name),
    merchant: maybe(name),
    device: maybe(name),
    email: maybe(fc.constantFrom('a@example.com', 'Bob@Example.ORG')),
    timeMs: fc.integer({ min: 0, max: 4e12 }),
  })
  .map(({ id, amount, card, customer, merchant, device, email, timeMs }) => ({
    timeMs,
    request: parsedRequest({
      transaction_id: id,
      amount,
      payment_method: card === undefined ? undefined : { token: card, bin: '424242' },
      customer: { ...(customer && { id: customer }), ...(email && { email }) },
      merchant: merchant === undefined ? undefined : { id: merchant, terminal_id: `t ${merchant}` },
      device: device === undefined ? undefined : { id: device, ip: '203.0.113.7' },
    }),
  }));

test('what a decision was counted by is made again from its record, to the byte', () => {
  fc.assert(
    fc.property(requests, ({ request, timeMs }) => {
      const prepared = prepareTransaction(plan, testPseudonymizer, request, timeMs);
      const again = stateRequestOf(plan, logged(prepared, plan.version));
      expect(again).toEqual({
        claim: null,
        append: true,
        nowMs: timeMs + 3,
        eventId: prepared.eventId,
        eventTimeMs: prepared.eventTimeMs,
        entities: prepared.entities,
      });
    }),
  );
});

test('under another catalogue, what both know by name and type is carried over', () => {
  const older = smallPlan('older');
  const text = `format: tollgate-features/1
metadata: { channel: string, items: string, basket: string }
entities:
  card:
    kind: bounded
    key: card
    features:
      channels: { aggregate: distinct, of: channel, window: 1h }
      baskets: { aggregate: distinct, of: basket, window: 1h }
      item_kinds: { aggregate: distinct, of: items, window: 1h }
`;
  const parsed = parseCatalogue(text, 'newer.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const newer = buildFeaturePlan(parsed.value, 'newer');
  const prepare = (under: FeaturePlan, metadata: Record<string, unknown>) =>
    prepareTransaction(under, testPseudonymizer, parsedRequest({ metadata }), 1_000);
  const stored = logged(prepare(older, { channel: 'web', items: 3 }), older.version);
  // `items` was a number then, and is no text now.
  expect(stateRequestOf(newer, stored, older.schema).entities).toEqual(
    prepare(newer, { channel: 'web' }).entities,
  );
});

test.each([
  ['decline', true],
  ['approve', undefined],
  ['review', undefined],
])('a decision to %s marks its event as declined: %s', (decision, declined) => {
  const prepared = prepareTransaction(plan, testPseudonymizer, parsedRequest(), 1_000);
  expect(patchOfDecision(logged(prepared, plan.version, decision))?.declined).toBe(declined);
});
