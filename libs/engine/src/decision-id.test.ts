import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventIdOf, makeDecisionId } from './decision-id.js';

const anyTime = fc.integer({ min: 0, max: 2 ** 47 });
const anyWord = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const anyEvent = fc.record({ high: anyWord, low: anyWord }, { noNullPrototype: true });

test('a decision id is a UUIDv7 that gives its event id back', () => {
  fc.assert(
    fc.property(anyTime, anyEvent, fc.nat(), (timeMs, eventId, tail) => {
      const id = makeDecisionId(timeMs, eventId, tail);
      expect(z.uuidv7().safeParse(id).success).toBe(true);
      expect(eventIdOf(id)).toEqual(eventId);
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
  const eventId = { high: 0, low: 7 };
  expect(makeDecisionId(1, eventId, 1)).not.toBe(makeDecisionId(1, eventId, 2));
});
