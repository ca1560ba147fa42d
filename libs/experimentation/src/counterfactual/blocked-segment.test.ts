import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { exploreDecline } from '../assignment/explore-decline.js';
import { estimateBlocked, type Estimate, type ExploredPayment } from './blocked-segment.js';

test('nothing let through says nothing', () => {
  expect(estimateBlocked([], 1_000, 0.05)).toBeNull();
});

test('a small sample, worked by hand', () => {
  const explored: ExploredPayment[] = [
    { propensity: 0.1, amountMinor: 100, fraud: true },
    { propensity: 0.5, amountMinor: 300, fraud: false },
  ];
  const estimate = estimateBlocked(explored, 20, 0.05);
  expect(estimate?.horvitzThompson.fraudRate.estimate).toBeCloseTo(10 / 20, 12);
  expect(estimate?.horvitzThompson.fraudMinor.estimate).toBeCloseTo(1_000, 12);
  expect(estimate?.horvitzThompson.honestMinor.estimate).toBeCloseTo(600, 12);
  expect(estimate?.hajek.fraudRate.estimate).toBeCloseTo(10 / 12, 12);
  expect(estimate?.hajek.fraudValueShare.estimate).toBeCloseTo(1_000 / 1_600, 12);
  expect(estimate?.effectivePayments).toBeCloseTo(144 / 104, 12);
});

test('when no fraud was seen the rate may still be above zero', () => {
  const explored = Array.from({ length: 60 }, () => ({
    propensity: 0.02,
    amountMinor: 100,
    fraud: false,
  }));
  const { fraudRate: rate, fraudValueShare } = estimateBlocked(explored, 3_000, 0.05)!.hajek;
  expect(fraudValueShare).toMatchObject({ estimate: 0, low: 0 });
  expect(fraudValueShare.high).toBeCloseTo(0.06, 2);
  expect(rate.estimate).toBe(0);
  expect(rate.low).toBe(0);
  expect(rate.high).toBeCloseTo(1.96 ** 2 / (60 + 1.96 ** 2), 3);
});

test('where everything was let through the truth is known', () => {
  const explored = [true, false, false, true].map((fraud) => ({
    propensity: 1,
    amountMinor: 100,
    fraud,
  }));
  const estimate = estimateBlocked(explored, 4, 0.05);
  expect(estimate?.horvitzThompson.fraudMinor).toEqual({ estimate: 200, low: 200, high: 200 });
});

/** Large payments are let through less often, and are more often fraud. */
function segment(seed: number, payments: number) {
  const random = seededRandom(seed);
  return Array.from({ length: payments }, (_, nth) => {
    const amountMinor = Math.round(1_000 * Math.exp(1.5 * random()));
    const large = amountMinor > 2_000;
    return {
      transactionId: `tx_${seed}_${nth}`,
      amountMinor,
      fraud: random() < (large ? 0.7 : 0.3),
      share: large ? 0.02 : 0.05,
    };
  });
}

describe('against a simulated truth', () => {
  const runs = 400;
  const covered = { fraudRate: 0, fraudMinor: 0, honestMinor: 0, hajekRate: 0, hajekValue: 0 };
  let meanError = 0;
  let meanNaiveError = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const all = segment(seed, 8_000);
    const explored = all.flatMap(({ transactionId, amountMinor, fraud, share }) => {
      const policy = { salt: `s${seed}`, share, amountMinorMax: { EUR: 1e9 } };
      const decline = { transactionId, amountMinor, currency: 'EUR' };
      const { letThrough, propensity } = exploreDecline(decline, policy);
      return letThrough ? [{ propensity, amountMinor, fraud }] : [];
    });
    const sum = (value: (one: (typeof all)[number]) => number) =>
      all.reduce((before, one) => before + value(one), 0);
    const fraudMinor = sum((one) => (one.fraud ? one.amountMinor : 0));
    const rate = sum((one) => (one.fraud ? 1 : 0)) / all.length;
    const honestMinor = sum((one) => one.amountMinor) - fraudMinor;
    const estimate = estimateBlocked(explored, all.length, 0.05);
    if (estimate === null) throw new Error('nothing was let through');
    const holds = ({ low, high }: Estimate, truth: number) =>
      low <= truth && truth <= high ? 1 : 0;
    const { horvitzThompson, hajek } = estimate;
    covered.fraudRate += holds(horvitzThompson.fraudRate, rate);
    covered.fraudMinor += holds(horvitzThompson.fraudMinor, fraudMinor);
    covered.honestMinor += holds(horvitzThompson.honestMinor, honestMinor);
    covered.hajekRate += holds(hajek.fraudRate, rate);
    covered.hajekValue += holds(hajek.fraudValueShare, fraudMinor / (fraudMinor + honestMinor));
    meanError += (hajek.fraudRate.estimate - rate) / runs;
    const naive = explored.filter(({ fraud }) => fraud).length / explored.length;
    meanNaiveError += (naive - rate) / runs;
  }

  test.each(Object.entries(covered))('the interval of %s holds it in about 95 %', (_name, held) => {
    // Three standard deviations of 95 % in 400, and one percent for the normal approximation.
    expect(held / runs).toBeGreaterThan(0.95 - 0.033 - 0.01);
    expect(held / runs).toBeLessThan(0.95 + 0.033);
  });

  test('weights remove the bias of what was let through', () => {
    expect(Math.abs(meanError)).toBeLessThan(0.006);
    expect(Math.abs(meanNaiveError)).toBeGreaterThan(0.03);
  });
});
