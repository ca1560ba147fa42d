import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import { DecisionRecord } from '#contracts/journal-record.js';
import type { SignalRecord } from '#contracts/signals.js';
import { decisionRecordJson, replyJsonOf, signalsOfRecord } from './decision-record-json.js';

const head = {
  api_key_id: '0123456789ab',
  claim_key: 'claim',
  body_hash: 'body',
  event_time_ms: 1,
  received_at_ms: 2,
  versions: { feature_set: 'f', ruleset: 'r', model: 'fraud/1' },
  probability: 0.25,
  degradation: { level: 'none' as const, causes: [] },
  shadow_rules: ['hidden'],
};
const reply: DecisionReply = {
  decision_id: '01978f2e-6c1a-7b3c-9a4e-0f5d2c6b7a81',
  transaction_id: 'pay-1',
  decision: 'approve',
  risk_score: 4,
  fraud_probability: 0.0042,
  risk_level: 'low',
  reasons: [],
  rules: [],
  tags: [],
  model: { id: 'fraud', version: '1', role: 'champion' },
  policy: { id: 'small', version: 'r' },
  feature_set: { version: 'f' },
  degraded: { value: false, level: 'none', causes: [] },
  warnings: [],
  timings: { total_ms: 2.1, state_ms: 0.9, model_ms: 0.3, rules_ms: 0.04 },
  dry_run: false,
  created_at: '2026-11-23T10:15:00.000Z',
};
const replyJson = JSON.stringify(reply);

const anySignals: fc.Arbitrary<SignalRecord> = fc
  .array(fc.tuple(fc.double(), fc.option(fc.string({ unit: 'binary' }))), { maxLength: 40 })
  .map((slots) => ({
    numbers: Float64Array.from(slots, ([number]) => number),
    strings: slots.map(([, text]) => text),
  }));

test('a record gives back the very signals that were judged', () => {
  fc.assert(
    fc.property(anySignals, (record) => {
      const text = decisionRecordJson({ ...head, record, replyJson });
      const stored = DecisionRecord.parse(JSON.parse(text));
      expect(signalsOfRecord(stored)).toEqual(record);
    }),
  );
});

test.each([Infinity, -Infinity, NaN, -0, 0, 1e308, 5e-324, 0.1 + 0.2])(
  'the number %d comes back with the same bits',
  (value) => {
    const record = { numbers: Float64Array.of(value), strings: [null] };
    const text = decisionRecordJson({ ...head, record, replyJson });
    const [back] = signalsOfRecord(DecisionRecord.parse(JSON.parse(text))).numbers;
    expect(back).toBe(value);
  },
);

test('a record has the shape that the journal documents, and the reply as it was sent', () => {
  fc.assert(
    fc.property(anySignals, fc.string({ unit: 'binary' }), (record, odd) => {
      const sent = JSON.stringify({ ...reply, transaction_id: `${odd},"reply":` });
      const text = decisionRecordJson({ ...head, claim_key: odd, record, replyJson: sent });
      expect(replyJsonOf(text)).toBe(sent);
      expect(DecisionRecord.parse(JSON.parse(text))).toMatchObject({
        v: 1,
        ...head,
        claim_key: odd,
      });
    }),
  );
});

test('a text without a reply is refused', () => {
  expect(() => replyJsonOf('{"v":1}')).toThrow(/not the text of a decision record/);
});
