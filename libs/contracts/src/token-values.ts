import { transactionFields } from './transaction-fields.js';

/**
 * Replaces a personal value by its keyed hash (22 characters of base64url). The kind is part of
 * what is hashed: one text as an e-mail address and as a device gives two pseudonyms.
 */
export type Pseudonym = (kind: string, value: string) => string;

const fieldKinds: ReadonlyMap<string, string> = new Map(
  transactionFields
    .filter((field) => field.type === 'token')
    // Two addresses of one kind: a rule may compare them, and one list of postal codes serves both.
    .map(({ name }) => [name, name.endsWith('_postal_code') ? 'postal_code' : name]),
);

/** The kinds of the transaction's own personal fields. Lists may name them. */
export const tokenKinds: ReadonlySet<string> = new Set(fieldKinds.values());

/**
 * The kind of a personal signal's pseudonyms. Signals of one kind share pseudonyms; others never
 * do.
 *
 * @param signal The name of a transaction field of type token, or of a declared metadata field.
 */
export function tokenKindOf(signal: string): string {
  return fieldKinds.get(signal) ?? `metadata.${signal}`;
}

/**
 * A value in the one spelling in which it is compared and hashed, so that a list entry written as
 * people write it meets the transaction's value: e-mail addresses, domains and IP addresses in
 * lower case, telephone numbers as digits and `+`.
 */
export function normaliseValue(kind: string, value: string): string {
  switch (kind) {
    case 'email':
    case 'email_domain':
    case 'ip':
      return value.toLowerCase();
    case 'phone':
      return value.replaceAll(/[^\d+]/g, '');
    default:
      return value;
  }
}

/**
 * What stands in a record for a personal value of this kind: at the door, in lists and in cases
 * alike.
 */
export function tokenOf(kind: string, value: string, pseudonym: Pseudonym): string {
  return pseudonym(kind, normaliseValue(kind, value));
}
