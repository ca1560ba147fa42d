import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventIdOf, makeDecisionId } from './decision-id.js';

const anyTime = fc.integer({ min: 0, max: 2 ** 47 });
const anyEvent = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test('a decision id is a UUIDv7 that gives its event id back', () => {
  fc.assert(
    fc.property(anyTime, anyEvent, fc.nat(), (timeMs, eventId, tail) => {
      const id = makeDecisionId(timeMs, eventId, tail);
      expect(z.uuidv7().safeParse(id).success).toBe(true);
      expect(eventIdOf(id)).toBe(eventId);
    }),
  );
});

test('decision ids of later milliseconds sort after earlier ones', () => {
  fc.assert(
    fc.property(anyTime, anyEvent, anyEvent, (timeMs, first, second) => {
      expect(makeDecisionId(timeMs, first, 0) < makeDecisionId(timeMs + 1, second, 0)).toBe(true);
    }),
  );
});

test('two decisions on one transaction in one millisecond differ by their tail', () => {
  expect(makeDecisionId(1, 7n, 1)).not.toBe(makeDecisionId(1, 7n, 2));
});
