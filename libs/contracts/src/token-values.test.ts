import { expect, test } from 'vitest';

import { normaliseValue, tokenKindOf, tokenKinds, tokenOf } from './token-values.js';
import { transactionFields } from './transaction-fields.js';

test.each([
  ['email', 'Anna@Shop.Example', 'anna@shop.example'],
  ['email_domain', 'Shop.Example', 'shop.example'],
  ['ip', '2001:DB8::1', '2001:db8::1'],
  ['phone', '+49 (30) 12-34', '+49301234'],
  ['card', 'tok_A b', 'tok_A b'],
  ['metadata.loyalty', 'AbC', 'AbC'],
])('a value of kind %s: %s becomes %s', (kind, value, expected) => {
  expect(normaliseValue(kind, value)).toBe(expected);
});

test('both postal codes are of one kind, metadata fields are kinds of their own', () => {
  expect(tokenKindOf('billing_postal_code')).toBe('postal_code');
  expect(tokenKindOf('shipping_postal_code')).toBe('postal_code');
  expect(tokenKindOf('loyalty')).toBe('metadata.loyalty');
  expect(tokenKindOf('card')).toBe('card');
});

test('every personal field of a transaction has a kind that lists may name', () => {
  const fields = transactionFields.filter((field) => field.type === 'token');
  expect(fields.filter(({ name }) => !tokenKinds.has(tokenKindOf(name)))).toEqual([]);
});

test('the kind is hashed along, and the spelling does not matter', () => {
  const pseudonym = (kind: string, value: string) => `${kind}/${value}`;
  expect(tokenOf('email', 'A@B.example', pseudonym)).toBe('email/a@b.example');
});
