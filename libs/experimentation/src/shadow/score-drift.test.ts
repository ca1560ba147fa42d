import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { countIntoBins, kolmogorovSmirnov, populationStability } from './score-drift.js';

test('scores fall below the first edge, between edges, or from the last on', () => {
  expect(countIntoBins([0, 0.1, 0.49, 0.5, 0.9, 1], [0.1, 0.5, 0.9])).toEqual([1, 2, 1, 2]);
});

describe('the population stability index', () => {
  test('of equal shares is zero, whatever the counts', () => {
    expect(populationStability([100, 200, 300], [100, 200, 300])).toBe(0);
    expect(populationStability([1_000, 2_000], [10_000, 20_000])).toBeLessThan(1e-6);
  });

  test('of a known shift: 50 to 50 becoming 80 to 20', () => {
    const expected = 0.3 * Math.log(0.8 / 0.5) - 0.3 * Math.log(0.2 / 0.5);
    expect(populationStability([5e6, 5e6], [8e6, 2e6])).toBeCloseTo(expected, 5);
  });

  test('of an emptied bin is large and finite, and of nothing is not a number', () => {
    expect(populationStability([500, 500], [1_000, 0])).toBeGreaterThan(1);
    expect(populationStability([500, 500], [1_000, 0])).toBeLessThan(10);
    expect(populationStability([0, 0], [1, 1])).toBeNaN();
    expect(populationStability([1, 1], [1, 1, 1])).toBeNaN();
  });
});

describe('Kolmogorov and Smirnov', () => {
  test('find the largest distance, ties together', () => {
    expect(kolmogorovSmirnov([1, 2, 2, 3], [2, 2, 4, 5]).distance).toBe(0.5);
    expect(kolmogorovSmirnov([1, 2], [3, 4]).distance).toBe(1);
    expect(kolmogorovSmirnov([], [1])).toEqual({ distance: Number.NaN, pValue: 1 });
  });

  test('keep to their level on samples of one distribution, and see a shift', () => {
    const random = seededRandom(9);
    let alarms = 0;
    let found = 0;
    for (let nth = 0; nth < 300; nth += 1) {
      const one = Array.from({ length: 200 }, random);
      const other = Array.from({ length: 150 }, random);
      if (kolmogorovSmirnov(one, other).pValue < 0.05) alarms += 1;
      const shifted = other.map((score) => score + 0.25);
      if (kolmogorovSmirnov(one, shifted).pValue < 0.05) found += 1;
    }
    expect(alarms).toBeGreaterThan(3);
    expect(alarms).toBeLessThanOrEqual(27);
    expect(found).toBeGreaterThan(285);
  });
});
