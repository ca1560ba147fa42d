import { describe, expect, test } from 'vitest';
import { Random } from './random.js';
import { WeightedChoice, zipfWeight } from './weighted-choice.js';

const DRAWS = 100_000;

describe('the random source', () => {
  test('repeats for the same seed and differs for a neighbour', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('is uniform: mean 1/2, variance 1/12, never 1', () => {
    const { mean, variance, max } = moments((random) => random.unit());
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(max).toBeLessThan(1);
  });

  test('is standard normal where asked: mean 0, variance 1', () => {
    const { mean, variance } = moments((random) => random.normal());
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  test('waits exponentially with the given mean', () => {
    expect(Math.abs(moments((random) => random.exponential(3)).mean - 3)).toBeLessThan(0.05);
  });

  test('has the given median where log-normal', () => {
    const random = new Random(5);
    const below = Array.from({ length: DRAWS }, () => random.lognormal(20, 0.8) < 20);
    expect(Math.abs(below.filter(Boolean).length / DRAWS - 0.5)).toBeLessThan(0.01);
  });
});

test('a weighted choice draws each index by its weight', () => {
  const weights = [zipfWeight(1, 1), zipfWeight(2, 1), 0, zipfWeight(3, 1)];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const choice = new WeightedChoice(weights);
  const random = new Random(3);
  const counts = weights.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const index = choice.at(random.unit());
    counts[index] = (counts[index] ?? 0) + 1;
  }
  weights.forEach((weight, index) => {
    expect(Math.abs((counts[index] ?? 0) / DRAWS - weight / total)).toBeLessThan(0.01);
  });
});

function moments(draw: (random: Random) => number) {
  const random = new Random(11);
  const values = Array.from({ length: DRAWS }, () => draw(random));
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  return { mean, variance, max: Math.max(...values.slice(0, 50_000)) };
}
