import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketCount,
  ownersByBucket,
  reallocate,
  type Allocation,
  type OwnerWeight,
} from './allocation.js';
import { BUCKETS } from './bucket.js';

const names = ['control', 'a', 'b', 'c', 'd'];

/** Some of the names in some order, with whole weights that leave some buckets to nobody. */
const anyWeights: fc.Arbitrary<OwnerWeight[]> = fc
  .tuple(fc.shuffledSubarray(names), fc.array(fc.nat(2_000), { minLength: 5, maxLength: 5 }))
  .map(([owners, buckets]) =>
    owners.map((ownerId, nth) => ({ ownerId, buckets: buckets[nth] as number })),
  );

function allocated(before: Allocation, weights: readonly OwnerWeight[]): Allocation {
  const result = reallocate(before, weights);
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.allocation;
}

const weightOf = (weights: readonly OwnerWeight[], ownerId: string): number =>
  weights.find((weight) => weight.ownerId === ownerId)?.buckets ?? 0;

test('the first allocation gives each owner a run of buckets, in order', () => {
  const weights = [
    { ownerId: 'control', buckets: 9_000 },
    { ownerId: 'challenger', buckets: 1_000 },
  ];
  expect(allocated([], weights)).toEqual([
    { ownerId: 'control', ranges: [{ from: 0, to: 9_000 }] },
    { ownerId: 'challenger', ranges: [{ from: 9_000, to: 10_000 }] },
  ]);
});

describe('a change of weights', () => {
  test('from 10 % to 30 % moves a fifth of the units, from the control only', () => {
    const before = allocated(
      [],
      [
        { ownerId: 'control', buckets: 9_000 },
        { ownerId: 'challenger', buckets: 1_000 },
      ],
    );
    const result = reallocate(before, [
      { ownerId: 'control', buckets: 7_000 },
      { ownerId: 'challenger', buckets: 3_000 },
    ]);
    expect(result).toEqual({
      kind: 'allocated',
      movedBuckets: 2_000,
      allocation: [
        { ownerId: 'control', ranges: [{ from: 0, to: 7_000 }] },
        { ownerId: 'challenger', ranges: [{ from: 7_000, to: 10_000 }] },
      ],
    });
  });

  test('moves as many buckets as weights rose, and none between owners that did not have to', () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, anyWeights, (first, second, third) => {
        const before = allocated(allocated([], first), second);
        const result = reallocate(before, third);
        if (result.kind === 'refused') throw new Error(result.reason);
        const rises = names.map((name) =>
          Math.max(0, weightOf(third, name) - weightOf(second, name)),
        );
        expect(result.movedBuckets).toBe(rises.reduce((sum, rise) => sum + rise, 0));

        const ownersAfter = ownersByBucket(result.allocation);
        for (const [bucket, from] of ownersByBucket(before).entries()) {
          const to = ownersAfter[bucket] ?? null;
          if (from === to) continue;
          if (from !== null && weightOf(third, from) >= weightOf(second, from)) {
            throw new Error(`${from} lost bucket ${bucket} though its weight did not fall`);
          }
          if (to !== null && weightOf(third, to) <= weightOf(second, to)) {
            throw new Error(`${to} gained bucket ${bucket} though its weight did not rise`);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('ends with each owner holding its weight in ascending disjoint ranges', () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, (first, second) => {
        const after = allocated(allocated([], first), second);
        expect(after.map(({ ownerId, ranges }) => [ownerId, bucketCount(ranges)])).toEqual(
          second.map(({ ownerId, buckets }) => [ownerId, buckets]),
        );
        const held = ownersByBucket(after).filter((owner) => owner !== null).length;
        expect(held).toBe(second.reduce((sum, { buckets }) => sum + buckets, 0));
      }),
      { numRuns: 50 },
    );
  });

  test('to the same weights changes nothing', () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, (first, second) => {
        const before = allocated(allocated([], first), second);
        expect(reallocate(before, second)).toEqual({
          kind: 'allocated',
          allocation: before,
          movedBuckets: 0,
        });
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  [[{ ownerId: 'a', buckets: 0.5 }], 'WEIGHT_NOT_WHOLE'],
  [[{ ownerId: 'a', buckets: -1 }], 'WEIGHT_NOT_WHOLE'],
  [
    [
      { ownerId: 'a', buckets: BUCKETS },
      { ownerId: 'b', buckets: 1 },
    ],
    'WEIGHTS_ABOVE_ALL',
  ],
  [
    [
      { ownerId: 'a', buckets: 1 },
      { ownerId: 'a', buckets: 1 },
    ],
    'OWNER_TWICE',
  ],
] as const)('the weights %j are refused: %s', (weights, reason) => {
  expect(reallocate([], weights)).toEqual({ kind: 'refused', reason });
});
