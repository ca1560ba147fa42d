import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decisions } from '#contracts/decision-reply.js';
import { compareDecisions, type DecisionPair } from './compare-decisions.js';

const pair = (over: Partial<DecisionPair>): DecisionPair => ({
  champion: 'approve',
  challenger: 'approve',
  amountMinor: 100,
  label: null,
  ...over,
});

test('the swap set has who would change at the line of decline, by label and value', () => {
  const comparison = compareDecisions([
    pair({}),
    pair({ challenger: 'review' }),
    pair({ challenger: 'decline', label: 'fraud', amountMinor: 700 }),
    pair({ champion: 'challenge', challenger: 'decline', label: 'legit', amountMinor: 50 }),
    pair({ champion: 'decline', amountMinor: 900 }),
  ]);
  expect(comparison.agreement).toBe(0.2);
  expect(comparison.matrix.approve).toEqual({ approve: 1, challenge: 0, review: 1, decline: 1 });
  const none = { transactions: 0, amountMinor: 0 };
  expect(comparison.swapSet).toEqual({
    newlyDeclined: {
      transactions: 2,
      amountMinor: 750,
      fraud: { transactions: 1, amountMinor: 700 },
      legit: { transactions: 1, amountMinor: 50 },
      unlabelled: none,
    },
    noLongerDeclined: {
      transactions: 1,
      amountMinor: 900,
      fraud: none,
      legit: none,
      unlabelled: { transactions: 1, amountMinor: 900 },
    },
  });
});

const anyPair = fc.record({
  champion: fc.constantFrom(...decisions),
  challenger: fc.constantFrom(...decisions),
  amountMinor: fc.nat(10_000),
  label: fc.constantFrom('fraud' as const, 'legit' as const, null),
});

test('every transaction is in the matrix once, and swapping the models swaps the swap set', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 1 }), (pairs) => {
      const there = compareDecisions(pairs);
      const back = compareDecisions(
        pairs.map((one) => ({ ...one, champion: one.challenger, challenger: one.champion })),
      );
      const cells = Object.values(there.matrix).flatMap((row) => Object.values(row));
      expect(cells.reduce((sum, count) => sum + count, 0)).toBe(pairs.length);
      expect(back.swapSet.newlyDeclined).toEqual(there.swapSet.noLongerDeclined);
      expect(back.agreement).toBe(there.agreement);
    }),
  );
});
