import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { fullDecisionRequest } from '#testing/decision-requests.js';
import { bodyHashOf } from './body-hash.js';

const full = fullDecisionRequest('tx');

/** The same content with its fields the other way round, at every depth. */
function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, turned(inner)] as const);
  return Object.fromEntries(entries.reverse());
}

const hashOf = (body: unknown): string => bodyHashOf(DecisionRequest.parse(body));

test('the order of fields does not make another body, at any depth', () => {
  expect(hashOf(turned(full))).toBe(hashOf(full));
  expect(hashOf(JSON.parse(JSON.stringify(full, null, 2)))).toBe(hashOf(full));
});

test('metadata in any order is the same, with any other content it is not', () => {
  const anyMetadata = fc.dictionary(
    fc
      .string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' })
      .filter((k) => k !== '__proto__'),
    fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean()),
    { minKeys: 2, maxKeys: 6, noNullPrototype: true },
  );
  fc.assert(
    fc.property(anyMetadata, (metadata) => {
      const plain = hashOf({ ...full, metadata });
      expect(hashOf({ ...full, metadata: turned(metadata) })).toBe(plain);
      const [first = ''] = Object.keys(metadata);
      expect(hashOf({ ...full, metadata: { ...metadata, [first]: 'another text' } })).not.toBe(
        plain,
      );
    }),
  );
});

test('every field counts', () => {
  const seen = new Set([hashOf(full)]);
  for (const field of Object.keys(full).filter(
    (name) => !['transaction_id', 'amount'].includes(name),
  )) {
    seen.add(hashOf({ ...full, [field]: undefined }));
  }
  // The default of `type` is what the full request says.
  expect(seen.size).toBe(Object.keys(full).length - 2);
});
