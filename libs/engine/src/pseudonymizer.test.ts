import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Pseudonymizer } from './pseudonymizer.js';

const key = Buffer.alloc(32, 7);

test('the same value of the same kind has one pseudonym, also in another process', () => {
  expect(new Pseudonymizer(key).pseudonym('email', 'a@b.example')).toBe(
    new Pseudonymizer(key).pseudonym('email', 'a@b.example'),
  );
});

test('kinds and keys separate pseudonyms', () => {
  const one = new Pseudonymizer(key);
  expect(one.pseudonym('email', 'x')).not.toBe(one.pseudonym('device', 'x'));
  expect(one.pseudonym('email', 'x')).not.toBe(
    new Pseudonymizer(randomBytes(32)).pseudonym('email', 'x'),
  );
});

test('a pseudonym shows nothing of its value', () => {
  const pseudonym = new Pseudonymizer(key).pseudonym('email', 'someone@example.com');
  expect(pseudonym).toMatch(/^[\w-]{22}$/);
  expect(pseudonym).not.toContain('someone');
});

test('claims of two API keys with the same idempotency key differ', () => {
  const one = new Pseudonymizer(key);
  expect(one.claimKey('a', 'k')).not.toBe(one.claimKey('b', 'k'));
});

test('a short key is refused', () => {
  expect(() => new Pseudonymizer(Buffer.alloc(16))).toThrow(/32 bytes/);
});
