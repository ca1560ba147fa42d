import { describe, expect, test } from 'vitest';
import { reallocate, type Allocation } from './allocation.js';
import { assignUnit, compileLayer, type LayerPlan } from './assign-unit.js';
import { bucketOf, BUCKETS, unitPlace } from './bucket.js';

const UNITS = 1_000_000;

function split(shares: Readonly<Record<string, number>>, before: Allocation = []): Allocation {
  const weights = Object.entries(shares).map(([ownerId, buckets]) => ({ ownerId, buckets }));
  const result = reallocate(before, weights);
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.allocation;
}

const layer = (over: Partial<LayerPlan> = {}): LayerPlan => ({
  layerId: 'models',
  salt: 'layer-models',
  experiments: split({ first: 5_000, second: 2_000 }),
  plans: [
    {
      experimentId: 'first',
      salt: 'first-salt',
      arms: split({ control: 5_000, challenger: 5_000 }),
      forced: [{ unitId: 'tester', armId: 'challenger' }],
    },
    {
      experimentId: 'second',
      salt: 'second-salt',
      arms: split({ control: 2_000, a: 3_000 }),
      forced: [],
    },
  ],
  ...over,
});

/** Pearson's statistic in standard deviations from its mean: under 4 but once in 30,000 seeds. */
function chiSquareDeviation(counts: readonly number[], expected: number): number {
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

describe('buckets', () => {
  test('are uniform over a million units: chi-square over all 10,000', () => {
    const counts = Array.from<number>({ length: BUCKETS }).fill(0);
    for (let nth = 0; nth < UNITS; nth += 1) {
      const bucket = bucketOf('layer-models', `card_${nth}`);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    expect(Math.abs(chiSquareDeviation(counts, UNITS / BUCKETS))).toBeLessThan(4);
  });

  test('of two salts are independent: chi-square over a 100 by 100 table of a million units', () => {
    const counts = Array.from<number>({ length: BUCKETS }).fill(0);
    for (let nth = 0; nth < UNITS; nth += 1) {
      const unit = `card_${nth}`;
      const row = Math.floor(bucketOf('layer-models', unit) / 100);
      const column = Math.floor(bucketOf('layer-rules', unit) / 100);
      counts[row * 100 + column] = (counts[row * 100 + column] ?? 0) + 1;
    }
    expect(Math.abs(chiSquareDeviation(counts, UNITS / BUCKETS))).toBeLessThan(4);
  });

  test('do not depend on how the text is encoded or how long it is', () => {
    const long = 'x'.repeat(5_000);
    expect(unitPlace('s', long)).toBe(unitPlace('s', long));
    expect(unitPlace('s', long)).not.toBe(unitPlace('s', `${long}x`));
    expect(unitPlace('s', 'é')).not.toBe(unitPlace('s', 'e'));
  });

  // Pinned for ever: a change of these moves every unit of every running experiment.
  test.each([
    ['layer-models', 'card_0', 8_113],
    ['layer-models', 'card_1', 6_307],
    ['layer-rules', 'card_0', 64],
  ])('of salt %s and unit %s stay as they are', (salt, unit, bucket) => {
    expect(bucketOf(salt, unit)).toBe(bucket);
  });
});

describe('an assignment', () => {
  const compiled = compileLayer(layer());

  test('follows the shares of experiments and arms, and tells the propensity', () => {
    const counts = new Map<string, number>();
    const propensities = new Map<string, number>();
    for (let nth = 0; nth < 200_000; nth += 1) {
      const assignment = assignUnit(compiled, `card_${nth}`);
      if (assignment === null) continue;
      const key = `${assignment.experimentId}/${assignment.armId}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      propensities.set(key, assignment.propensity);
    }
    expect(Object.fromEntries(propensities)).toEqual({
      'first/control': 0.25,
      'first/challenger': 0.25,
      'second/control': 0.2 * 0.2,
      'second/a': 0.2 * 0.3,
    });
    for (const [key, propensity] of propensities) {
      const deviation = Math.sqrt(200_000 * propensity * (1 - propensity));
      const distance = Math.abs((counts.get(key) ?? 0) - 200_000 * propensity);
      expect(distance / deviation).toBeLessThan(4);
    }
  });

  test('is sticky: a layer compiled anew gives every unit the same arm', () => {
    const again = compileLayer(structuredClone(layer()));
    for (let nth = 0; nth < 10_000; nth += 1) {
      expect(assignUnit(again, `card_${nth}`)).toEqual(assignUnit(compiled, `card_${nth}`));
    }
  });

  test('is the forced arm for a unit named in the definition', () => {
    expect(assignUnit(compiled, 'tester')).toEqual({
      experimentId: 'first',
      armId: 'challenger',
      propensity: 1,
      forced: true,
    });
  });

  test('is null where the layer or the experiment leaves buckets free', () => {
    const empty = compileLayer(layer({ experiments: [], plans: [] }));
    expect(assignUnit(empty, 'card_0')).toBeNull();
  });

  test('from 10 % to 30 % changes only for those who must, from control to challenger', () => {
    const before = split({ control: 9_000, challenger: 1_000 });
    const after = split({ control: 7_000, challenger: 3_000 }, before);
    const [early, late] = [before, after].map((arms) =>
      compileLayer(
        layer({
          experiments: split({ first: BUCKETS }),
          plans: [{ experimentId: 'first', salt: 'first-salt', arms, forced: [] }],
        }),
      ),
    );
    let moved = 0;
    for (let nth = 0; nth < 200_000; nth += 1) {
      const from = assignUnit(early!, `card_${nth}`)?.armId;
      const to = assignUnit(late!, `card_${nth}`)?.armId;
      if (from === to) continue;
      moved += 1;
      expect([from, to]).toEqual(['control', 'challenger']);
    }
    expect(Math.abs(moved - 40_000) / Math.sqrt(200_000 * 0.2 * 0.8)).toBeLessThan(4);
  });
});
