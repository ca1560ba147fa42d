import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedHash } from './keyed-hash.js';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

test('is HMAC-SHA-256, for every key and message', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.string({ unit: 'binary' })), (key, messages) => {
      const keyed = new KeyedHash(key);
      for (const message of messages) {
        const expected = createHmac('sha256', key).update(message).digest('hex');
        expect(keyed.of(message).toString('hex')).toBe(expected);
      }
    }),
  );
});

test('is HMAC-SHA-256 for messages longer than its buffer', () => {
  const message = 'é'.repeat(10_000);
  const key = Buffer.alloc(32, 7);
  const expected = createHmac('sha256', key).update(message).digest('hex');
  expect(new KeyedHash(key).of(message).toString('hex')).toBe(expected);
});
