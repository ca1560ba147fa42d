import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HyperLogLog, SketchUnion } from './hyper-log-log.js';
import { hashText, MISSING_HASH } from './text-hash.js';

function estimateOf(...sketches: readonly HyperLogLog[]): number {
  const union = new SketchUnion();
  for (const sketch of sketches) sketch.mergeInto(union);
  return union.estimate();
}

function sketchOf(values: Iterable<string>): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const value of values) sketch.add(hashText(value));
  return sketch;
}

function* names(prefix: string, count: number): Generator<string> {
  for (let nth = 0; nth < count; nth += 1) yield `${prefix}-${nth}`;
}

test.each([0, 1, 2, 3, 5])('%i values are counted exactly', (count) => {
  expect(estimateOf(sketchOf(names('few', count)))).toBe(count);
});

test.each([10, 100, 1_000, 10_000, 100_000])(
  'the error over many sketches of %i values is the stated 6.5 %',
  (count) => {
    const trials = 40;
    let squares = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const estimate = estimateOf(sketchOf(names(`trial-${trial}`, count)));
      squares += (estimate / count - 1) ** 2;
    }
    // 40 trials know a deviation to about 11 %: three of those above it.
    expect(Math.sqrt(squares / trials)).toBeLessThan(0.065 * 1.35);
  },
);

test('order and repetition do not matter, and a union is the sketch of all', () => {
  const values = fc.array(fc.string({ maxLength: 4 }), { maxLength: 300 });
  fc.assert(
    fc.property(values, values, (left, right) => {
      const whole = estimateOf(sketchOf([...left, ...right]));
      expect(estimateOf(sketchOf(right), sketchOf(left))).toBe(whole);
      expect(estimateOf(sketchOf([...right, ...left, ...left]))).toBe(whole);
    }),
  );
});

test('a missing value is not counted', () => {
  const sketch = new HyperLogLog();
  sketch.add(MISSING_HASH);
  expect(estimateOf(sketch)).toBe(0);
});
