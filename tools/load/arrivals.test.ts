import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivalTimes } from './arrivals.js';
import { rescale } from './rescale.js';

test('a constant rate is evenly spaced', () => {
  const times = [...arrivalTimes([{ seconds: 1, fromRate: 4, toRate: 4 }])];
  expect(times).toEqual([250, 500, 750, 1_000]);
});

test('a ramp from zero is due where the area under the rate reaches the count', () => {
  // Rate 2x over 3 s: the area x² is 1, 4 and 9 at 1, 2 and 3 s; the counts between at their roots.
  const times = [...arrivalTimes([{ seconds: 3, fromRate: 0, toRate: 6 }])];
  expect(times).toHaveLength(9);
  expect([times[0], times[3], times[8]]).toEqual([1_000, 2_000, 3_000]);
  expect(times[1]).toBeCloseTo(1_000 * Math.SQRT2, 6);
});

test('spacing goes on evenly from one stage to the next', () => {
  const stage = { seconds: 0.25, fromRate: 10, toRate: 10 };
  const times = [...arrivalTimes([stage, stage, stage, stage])];
  expect(times.map((time) => Math.round(time))).toEqual([
    100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000,
  ]);
});

const stageArbitrary = fc.record({
  seconds: fc.double({ min: 0.1, max: 5, noNaN: true }),
  fromRate: fc.integer({ min: 0, max: 200 }),
  toRate: fc.integer({ min: 0, max: 200 }),
});

test('arrivals ascend, stay inside the run, and their number is the area under the rates', () => {
  fc.assert(
    fc.property(fc.array(stageArbitrary, { minLength: 1, maxLength: 4 }), (stages) => {
      const times = [...arrivalTimes(stages)];
      const area = stages.reduce((sum, s) => sum + ((s.fromRate + s.toRate) / 2) * s.seconds, 0);
      expect(Math.abs(times.length - area)).toBeLessThan(1 + 1e-6);
      const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0);
      let before = 0;
      for (const time of times) {
        expect(time).toBeGreaterThanOrEqual(before);
        before = time;
      }
      expect(before).toBeLessThanOrEqual(seconds * 1_000 + 1e-6);
    }),
  );
});

test('a scenario is rescaled by its highest rate and its whole length', () => {
  const scenario = {
    about: 'a spike',
    stages: [
      { seconds: 30, fromRate: 200, toRate: 200 },
      { seconds: 10, fromRate: 1_000, toRate: 1_000 },
    ],
    hotCardShare: 0,
    thresholds: {},
  };
  expect(rescale(scenario, { rate: 100, seconds: 4 }).stages).toEqual([
    { seconds: 3, fromRate: 20, toRate: 20 },
    { seconds: 1, fromRate: 100, toRate: 100 },
  ]);
});
