import { describe, expect, test } from 'vitest';
import { bucketOf, BUCKETS } from './bucket.js';
import {
  EXPLORATION_SHARE_MAX,
  exploreDecline,
  type ExplorationPolicy,
} from './explore-decline.js';

const policy: ExplorationPolicy = {
  salt: 'exploration',
  share: 0.01,
  amountMinorMax: { EUR: 5_000 },
};
const decline = (transactionId: string, amountMinor = 5_000, currency = 'EUR') => ({
  transactionId,
  amountMinor,
  currency,
});

describe('a would-be decline', () => {
  test('is let through with the policy’s share, which is logged as its propensity', () => {
    let through = 0;
    for (let nth = 0; nth < 200_000; nth += 1) {
      const exploration = exploreDecline(decline(`tx_${nth}`), policy);
      expect(exploration.propensity).toBe(0.01);
      if (exploration.letThrough) through += 1;
    }
    expect(Math.abs(through - 2_000) / Math.sqrt(200_000 * 0.01 * 0.99)).toBeLessThan(4);
  });

  test('gets the same answer when it is sent again', () => {
    expect(exploreDecline(decline('tx_1'), policy)).toEqual(
      exploreDecline(decline('tx_1'), policy),
    );
  });

  test.each([
    [5_001, 'EUR'],
    [1, 'USD'],
  ])('of %i minor units of %s is never let through, and says so', (amountMinor, currency) => {
    const open = { ...policy, share: 1 };
    expect(exploreDecline(decline('tx_1', amountMinor, currency), open)).toEqual({
      letThrough: false,
      propensity: 0,
    });
  });

  test('is let through no more often than the cap, whatever the policy asks', () => {
    const greedy = exploreDecline(decline('tx_1'), { ...policy, share: 0.9 });
    expect(greedy.propensity).toBe(EXPLORATION_SHARE_MAX);
    expect(exploreDecline(decline('tx_1'), { ...policy, share: -1 })).toEqual({
      letThrough: false,
      propensity: 0,
    });
  });

  test('is chosen independently of the arms of an experiment', () => {
    let both = 0;
    for (let nth = 0; nth < 400_000; nth += 1) {
      const id = `tx_${nth}`;
      const inArm = bucketOf('first-salt', id) < BUCKETS / 2;
      if (inArm && exploreDecline(decline(id), policy).letThrough) both += 1;
    }
    expect(Math.abs(both - 2_000) / Math.sqrt(400_000 * 0.005 * 0.995)).toBeLessThan(4);
  });
});
