import { expect, test } from 'vitest';
import { z } from 'zod';
import type { LabelRequest } from '#contracts/outcome-request.js';
import { labelIdOf, outcomeIdOf, shortIdOf } from './label-id.js';

const label: LabelRequest = {
  transaction_id: 'pay-1',
  label: 'fraud',
  source: 'chargeback',
  reported_at: '2026-11-23T10:00:00Z',
};
const decisionId = '019ab000-0000-7000-8000-000000000001';

test('the same label has the same id, however its time is written', () => {
  const id = labelIdOf(label);
  expect(z.uuid({ version: 'v8' }).safeParse(id).success).toBe(true);
  expect(labelIdOf({ ...label, reported_at: '2026-11-23T11:00:00.000+01:00' })).toBe(id);
  expect(shortIdOf(id).toString(16).padStart(8, '0')).toBe(id.slice(0, 8));
});

test.each<Partial<LabelRequest>>([
  { transaction_id: 'pay-2' },
  { label: 'legit' },
  { source: 'refund' },
  { reason_code: '10.4' },
  { occurred_at: '2026-11-23T10:00:00Z' },
  { reported_at: '2026-11-23T10:00:01Z' },
  { amount: { value: 1, currency: 'EUR' } },
])('a label with another %o is another label', (change) => {
  expect(labelIdOf({ ...label, ...change })).not.toBe(labelIdOf(label));
});

test('an outcome is known by its decision, by what it says and by when it happened', () => {
  const id = outcomeIdOf(decisionId, { outcome: 'captured' });
  expect(outcomeIdOf(decisionId, { outcome: 'captured' })).toBe(id);
  const occurred_at = '2026-11-23T10:00:00Z';
  expect(outcomeIdOf(decisionId, { outcome: 'captured', occurred_at })).not.toBe(id);
  expect(outcomeIdOf(decisionId, { outcome: 'voided' })).not.toBe(id);
});
