import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { expectedShareKnown, labelCurve, shareKnownAt, type LabelAge } from './label-curve.js';

const at = (ageDays: number, labelled: boolean, decisions = 1): LabelAge => ({
  ageDays,
  labelled,
  decisions,
});

test('the curve of a small set, worked by hand', () => {
  // 10 at risk: 1 label at day 1; 2 leave unlabelled at day 2; 7 at risk at day 3: 2 labels.
  const ages = [at(1, true), at(2, false, 2), at(3, true, 2), at(9, false, 5)];
  const { steps } = labelCurve(ages, 10, 0.05);
  const whole = 1 - (9 / 10) * (5 / 7);
  expect(steps.map(({ ageDays }) => ageDays)).toEqual([1, 3]);
  expect(steps[0]?.shareKnown).toBeCloseTo(0.1 / whole, 12);
  expect(steps[1]).toEqual({ ageDays: 3, shareKnown: 1, low: 1, high: 1 });
});

test('without censoring the interval is that of a share of the labels, on the logit', () => {
  const ages = [at(1, true, 10), at(2, true, 20), at(3, true, 70), at(9, false, 900)];
  const step = labelCurve(ages, 9, 0.05).steps[1];
  const reach = 1.959963984540054 * Math.sqrt(100 / (30 * 70));
  const [low, high] = [-reach, reach].map((by) => (3 / 7) * Math.exp(by));
  expect(step?.shareKnown).toBeCloseTo(0.3, 12);
  expect(step?.low).toBeCloseTo(low! / (1 + low!), 12);
  expect(step?.high).toBeCloseTo(high! / (1 + high!), 12);
});

test('labels after the horizon are not waited for', () => {
  const ages = [at(5, true, 3), at(50, true, 3), at(60, false, 10)];
  const curve = labelCurve(ages, 30, 0.05);
  expect(curve.steps).toEqual([{ ageDays: 5, shareKnown: 1, low: 1, high: 1 }]);
});

test('without any label nothing is said', () => {
  const curve = labelCurve([at(5, false, 100)], 30, 0.05);
  expect(shareKnownAt(curve, 10)).toBeNull();
  expect(expectedShareKnown(curve, [{ ageDays: 3, decisions: 1 }])).toBeNull();
});

describe('the share known', () => {
  const curve = labelCurve([at(1, true, 20), at(10, true, 30), at(20, true, 50)], 30, 0.05);

  test.each([
    [0, 0],
    [1, 0.2],
    [9.9, 0.2],
    [10, 0.5],
    [25, 1],
    [1_000, 1],
  ])('at %d days is %d', (ageDays, share) => {
    expect(shareKnownAt(curve, ageDays)).toBeCloseTo(share, 12);
  });

  test('of a set is its mean over ages, by decisions', () => {
    const ages = [
      { ageDays: 2, decisions: 300 },
      { ageDays: 12, decisions: 100 },
    ];
    expect(expectedShareKnown(curve, ages)).toBeCloseTo((0.2 * 300 + 0.5 * 100) / 400, 12);
    expect(expectedShareKnown(curve, [])).toBeNull();
  });
});

/** 5 % of decisions get a label, after a mean of 15 days; more and more decisions are young. */
function history(seed: number, decisions: number): LabelAge[] {
  const random = seededRandom(seed);
  return Array.from({ length: decisions }, () => {
    const ageNow = 60 * random() ** 2;
    const delay = random() < 0.05 ? -15 * Math.log(1 - random()) : Infinity;
    return delay <= ageNow ? at(delay, true) : at(ageNow, false);
  });
}

test('its interval holds the true share of a growing business in about 95 % of histories', () => {
  const truth = (1 - Math.exp(-10 / 15)) / (1 - Math.exp(-40 / 15));
  let held = 0;
  let naive = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const ages = history(seed, 4_000);
    const step = labelCurve(ages, 40, 0.05).steps.findLast(({ ageDays }) => ageDays <= 10);
    if (step !== undefined && step.low <= truth && truth <= step.high) held += 1;
    const known = ages.filter(({ labelled }) => labelled);
    naive += known.filter(({ ageDays }) => ageDays <= 10).length / known.length / 200;
  }
  // Three standard deviations of 95 % in 200.
  expect(held).toBeGreaterThanOrEqual(181);
  expect(held).toBeLessThanOrEqual(199);
  // What counting the labels that came would say: too mature, because slow ones are still missing.
  expect(naive).toBeGreaterThan(truth + 0.05);
});
