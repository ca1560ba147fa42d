import { expect, test } from 'vitest';
import { ownersByBucket, reallocate, type Allocation } from '../assignment/allocation.js';
import { bucketOf } from '../assignment/bucket.js';
import { seededRandom } from '#testing/seeded-random.js';
import { sampleRatioPValue, sequentialSampleRatioPValue } from './sample-ratio.js';

const arms = (first: number, second: number, weights = [0.5, 0.5]) => [
  { units: first, weight: weights[0]! },
  { units: second, weight: weights[1]! },
];

test('without units or with one arm there is nothing to find', () => {
  expect(sampleRatioPValue(arms(0, 0))).toBe(1);
  expect(sampleRatioPValue([{ units: 10, weight: 1 }])).toBe(1);
  expect(sequentialSampleRatioPValue(arms(0, 0), 1)).toBe(1);
});

test('the sequential evidence is the product of each unit’s predicted against intended odds', () => {
  const random = seededRandom(3);
  const weights = [0.7, 0.3];
  const counts = [0, 0];
  let odds = 1;
  for (let nth = 0; nth < 500; nth += 1) {
    const arm = random() < 0.6 ? 0 : 1;
    const predicted = (10_000 * weights[arm]! + counts[arm]!) / (10_000 + nth);
    odds *= predicted / weights[arm]!;
    counts[arm]! += 1;
  }
  const pValue = sequentialSampleRatioPValue(arms(counts[0]!, counts[1]!, weights), 1);
  expect(odds).toBeGreaterThan(1);
  expect(pValue).toBeCloseTo(1 / odds, 8);
});

test('the sequential p-value never rises again', () => {
  expect(sequentialSampleRatioPValue(arms(500, 500), 0.002)).toBe(0.002);
});

function everBelow(alpha: number, share: number, experiments: number): [number, number] {
  const random = seededRandom(11);
  let sequential = 0;
  let chiSquare = 0;
  for (let nth = 0; nth < experiments; nth += 1) {
    const counts = [0, 0];
    let lowest = 1;
    let everChiSquare = false;
    for (let unit = 1; unit <= 20_000; unit += 1) {
      counts[random() < share ? 0 : 1]! += 1;
      if (unit % 500 !== 0) continue;
      const now = arms(counts[0]!, counts[1]!);
      lowest = sequentialSampleRatioPValue(now, lowest);
      everChiSquare ||= sampleRatioPValue(now) < alpha;
    }
    if (lowest < alpha) sequential += 1;
    if (everChiSquare) chiSquare += 1;
  }
  return [sequential / experiments, chiSquare / experiments];
}

test('looked at 40 times, only the sequential check keeps to its false alarms', () => {
  const [sequential, chiSquare] = everBelow(0.05, 0.5, 400);
  expect(sequential).toBeLessThanOrEqual(0.05);
  expect(chiSquare).toBeGreaterThan(0.15);
});

test('53 to 47 instead of half is found within 20,000 units', () => {
  const [sequential] = everBelow(0.001, 0.53, 100);
  expect(sequential).toBeGreaterThan(0.9);
});

function allocated(before: Allocation, control: number): Allocation {
  const weights = [
    { ownerId: 'control', buckets: control },
    { ownerId: 'treatment', buckets: 10_000 - control },
  ];
  const result = reallocate(before, weights);
  return result.kind === 'allocated' ? result.allocation : [];
}

test('after a change of weights the units that moved belong to what is analysed', () => {
  const before = allocated([], 9_000);
  const [old, now] = [before, allocated(before, 5_000)].map(ownersByBucket);
  const units = Array.from({ length: 4_000 }, (_, unit) => bucketOf('salt', `u${unit}`));
  // Every unit decided under both weights, as customers who come often do.
  const stayed = units.filter((bucket) => old![bucket] === now![bucket]);
  const ratioOf = (buckets: readonly number[]) => {
    const control = buckets.filter((bucket) => now![bucket] === 'control').length;
    return sequentialSampleRatioPValue(arms(control, buckets.length - control), 1);
  };
  expect(ratioOf(units)).toBeGreaterThan(0.1);
  expect(ratioOf(stayed)).toBeLessThan(1e-6);
});
