import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isInRollout, rolloutPlace } from './rollout.js';

const id = fc.string({ minLength: 1, maxLength: 20 });
const percent = fc.oneof(fc.constantFrom(0, 1, 50, 99.9, 100), fc.double({ min: 0, max: 100 }));

describe('a rollout', () => {
  test('puts a unit in the same place whenever it is asked', () => {
    fc.assert(
      fc.property(id, id, (rule, unit) => {
        const place = rolloutPlace(rule, unit);
        expect(place).toBe(rolloutPlace(rule, unit));
        expect(place >= 0 && place < 1).toBe(true);
      }),
    );
  });

  test('only gains units as its share grows, from none at 0 to all at 100', () => {
    fc.assert(
      fc.property(id, id, percent, percent, (rule, unit, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const before = isInRollout(rule, unit, low);
        expect(before && !isInRollout(rule, unit, high)).toBe(false);
        expect(isInRollout(rule, unit, 0)).toBe(false);
        expect(isInRollout(rule, unit, 100)).toBe(true);
      }),
    );
  });

  test.each([1, 10, 30, 50, 90])('of %i percent takes that share of units', (share) => {
    const units = 100_000;
    let taken = 0;
    for (let nth = 0; nth < units; nth += 1) {
      if (isInRollout('ip-velocity', `customer-${nth}`, share)) taken += 1;
    }
    // Four standard deviations of a share at most: 0.63 percent points at 50 %.
    expect(Math.abs((taken / units) * 100 - share)).toBeLessThan(0.64);
  });

  test('of one rule says nothing about that of another', () => {
    const units = 100_000;
    let both = 0;
    for (let nth = 0; nth < units; nth += 1) {
      const unit = `customer-${nth}`;
      if (isInRollout('one-rule', unit, 30) && isInRollout('another-rule', unit, 30)) both += 1;
    }
    expect(both / units).toBeCloseTo(0.09, 2);
  });
});
