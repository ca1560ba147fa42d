import { expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { parseCatalogue } from './feature-catalogue.js';
import { buildFeaturePlan } from './feature-plan.js';
import { extractSignals, type Extracted } from './extract.js';

const parsed = parseCatalogue(
  `format: tollgate-features/1
metadata: { category: string, items: number, gift: boolean, account: token, ordered: timestamp }
amounts: { currency: EUR, feature: amount_eur, rates: { USD: 0.5 } }
entities:
  device: { kind: bounded, key: device, features: { n: { aggregate: count, window: 1h } } }
  account: { kind: bounded, key: account, features: { a: { aggregate: count, window: 1h } } }
`,
  'f.yaml',
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const plan = buildFeaturePlan(parsed.value, 'version');
const eventTimeMs = Date.UTC(2026, 10, 23);

function extract(body: object): Extracted {
  const request = DecisionRequest.parse({
    transaction_id: 't',
    amount: { value: 1_234, currency: 'EUR' },
    ...body,
  });
  const pseudonym = (kind: string, value: string): string => `${kind}(${value.length})`;
  return extractSignals(plan, request, { eventTimeMs, pseudonym });
}

function read({ record }: Extracted, name: string): number | string | null {
  const slot = plan.schema.slotOf(name)!;
  return record.strings[slot] ?? record.numbers[slot]!;
}

test('personal values reach the record only as pseudonyms', () => {
  const personal = ['tok-4111', 'cust-secret', 'Jane@Example.com', '+49 151 234', '203.0.113.9'];
  const [token, id, email, phone, ip] = personal;
  const extracted = extract({
    payment_method: { token },
    customer: { id, email, phone },
    counterparty: { id },
    device: { id: 'dev-secret', ip, user_agent: 'agent-secret', session_id: 'session-secret' },
    billing: { postal_code: '10115' },
    shipping: { postal_code: '10115' },
    metadata: { account: 'account-secret' },
  });
  const seen = JSON.stringify(extracted.record.strings).toLowerCase();
  for (const value of [...personal, 'secret', '10115']) {
    expect(seen).not.toContain(value!.toLowerCase());
  }
  expect(read(extracted, 'email_domain')).toBe('example.com');
  expect(read(extracted, 'billing_postal_code')).toBe(read(extracted, 'shipping_postal_code'));
});

test.each([
  [{ value: 1_234, currency: 'EUR' }, 12.34, 12.34],
  [{ value: 1_234, currency: 'USD' }, 12.34, 6.17],
  [{ value: 1_234, currency: 'JPY' }, 1_234, Number.NaN],
  [{ value: 1_234, currency: 'KWD' }, 1.234, Number.NaN],
])('the amount %j in major units, and in the common currency', (amount, major, common) => {
  const extracted = extract({ amount });
  expect(read(extracted, 'amount')).toBe(major);
  expect(read(extracted, 'amount_eur')).toBe(common);
  const unknown = extracted.warnings.filter((warning) => warning.field === 'amount.currency');
  expect(unknown).toHaveLength(Number.isNaN(common) ? 1 : 0);
});

test('metadata takes the declared types; what does not fit is a warning, not an error', () => {
  const right = { category: 'food', items: 3, gift: true, ordered: '2026-11-22T00:00:00Z' };
  const extracted = extract({ metadata: right });
  expect(read(extracted, 'category')).toBe('food');
  expect(read(extracted, 'items')).toBe(3);
  expect(read(extracted, 'gift')).toBe(1);
  expect(read(extracted, 'ordered')).toBe(Date.UTC(2026, 10, 22));

  const wrong = extract({ metadata: { category: 3, items: 'x', ordered: 'soon', categry: 'a' } });
  expect(read(wrong, 'items')).toBeNaN();
  const fields = wrong.warnings.map((warning) => `${warning.field}: ${warning.message}`);
  expect(fields).toContain('metadata.items: ignored: not a number, as features.yaml declares it');
  expect(fields.join()).toMatch(/metadata\.categry: .*did you mean category\?/);
});

test('an entity whose key is missing is a warning that names the field', () => {
  expect(extract({}).warnings).toEqual([
    { field: 'device.id', message: 'missing: the features of device are unknown' },
    { field: 'metadata.account', message: 'missing: the features of account are unknown' },
  ]);
});

test('the age of a customer counts to the time of the event', () => {
  const extracted = extract({ customer: { created_at: '2026-11-21T12:00:00Z' } });
  expect(read(extracted, 'customer_age_days')).toBe(1.5);
});
