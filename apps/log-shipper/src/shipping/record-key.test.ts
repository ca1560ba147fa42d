import { expect, test } from 'vitest';
import { makeDecisionId } from '#engine/decision-id.js';
import { decisionRecord, labelRecord, outcomeRecord } from '#testing/log-records.js';
import { recordKey } from './record-key.js';

const eventId = { high: 0x01234567, low: 0x89abcdef };
const decisionId = makeDecisionId(1_795_000_000_000, eventId, 5);
const key = Buffer.from('0123456789abcdef', 'hex');
const keyed = (transactionId: string) => (transactionId === 't-1' ? eventId : { high: 0, low: 0 });

test('a decision, its outcomes, its shadows and the labels of its payment have one key', () => {
  const shadow = { ...outcomeRecord(4, decisionId), type: 'shadow' } as const;
  for (const record of [
    decisionRecord(1, { decision_id: decisionId, transaction_id: 't-1' }),
    outcomeRecord(2, decisionId),
    labelRecord(3, 't-1'),
    shadow,
  ]) {
    expect(recordKey(record, keyed)).toEqual(key);
  }
});

test('a text of a caller does not pass for the id', () => {
  const name = `"decision_id":"${makeDecisionId(1, { high: 9, low: 9 }, 1)}"`;
  const record = decisionRecord(1, { transaction_id: name, decision_id: decisionId });
  const text = JSON.stringify({ first: name, ...(JSON.parse(record.text) as object) });
  expect(recordKey({ ...record, text }, keyed)).toEqual(key);
});

test.each([
  { type: 'decision', text: '' },
  { type: 'outcome', text: '{"decision_id":"not-an-id-but-long-enough-to-be-taken-for-one"}' },
  { type: 'label', text: 'half a rec' },
  { type: 'label', text: 'null' },
  { type: 'label', text: '{"label":{"transaction_id":7}}' },
] as const)('$type "$text" has none', ({ type, text }) => {
  const record = { source: 'journal', sequence: 1, timeMs: 1, type, text };
  expect(recordKey(record, keyed)).toBeNull();
});
