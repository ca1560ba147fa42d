import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { compareAveragePrecision, type ScoredPair } from './average-precision.js';

const options = (seed = 1) => ({ random: seededRandom(seed), resamples: 200, alpha: 0.05 });

/** Fraud scores higher by `champion` and `challenger`: 0 is no better than chance. */
function scored(count: number, seed: number, lift: { champion: number; challenger: number }) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (): ScoredPair => {
    const fraud = random() < 0.1;
    const luck = random();
    const add = fraud ? 1 : 0;
    return {
      champion: luck + random() + add * lift.champion,
      challenger: luck + random() + add * lift.challenger,
      fraud,
    };
  });
}

test('average precision, worked by hand, with ties counted together', () => {
  const rows: [number, number, boolean][] = [
    [0.9, 0.5, true],
    [0.8, 0.5, false],
    [0.7, 0.5, true],
    [0.1, 0.5, false],
  ];
  const pairs = rows.map(([champion, challenger, fraud]) => ({ champion, challenger, fraud }));
  const result = compareAveragePrecision(pairs, options());
  // Champion: (1/1 + 2/3) / 2. Challenger: one tie of four with two frauds.
  expect(result?.champion).toBeCloseTo(5 / 6, 12);
  expect(result?.challenger).toBeCloseTo(0.5, 12);
  expect(result?.difference).toBeCloseTo(-1 / 3, 12);
});

test('without fraud, or with nothing else, there is nothing to compare', () => {
  const one = { champion: 0.5, challenger: 0.5 };
  expect(compareAveragePrecision([], options())).toBeNull();
  expect(compareAveragePrecision([{ ...one, fraud: true }], options())).toBeNull();
  expect(compareAveragePrecision([{ ...one, fraud: false }], options())).toBeNull();
});

describe('the paired bootstrap', () => {
  const lift = { champion: 0.5, challenger: 0.8 };

  test('is the same for the same seed', () => {
    const pairs = scored(500, 3, lift);
    expect(compareAveragePrecision(pairs, options(5))).toEqual(
      compareAveragePrecision(pairs, options(5)),
    );
  });

  test('finds the better model, and no difference of a model to itself', () => {
    const better = compareAveragePrecision(scored(2_000, 3, lift), options());
    expect(better?.low).toBeGreaterThan(0);
    const itself = scored(2_000, 3, lift).map((one) => ({ ...one, challenger: one.champion }));
    expect(compareAveragePrecision(itself, options())).toMatchObject({ low: 0, high: 0 });
  });

  test('of two models that are equally good holds zero in about 95 % of samples', () => {
    let held = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const pairs = scored(400, seed, { champion: 0.7, challenger: 0.7 });
      const result = compareAveragePrecision(pairs, options(seed));
      if (result !== null && result.low <= 0 && result.high >= 0) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(88);
  });
});
