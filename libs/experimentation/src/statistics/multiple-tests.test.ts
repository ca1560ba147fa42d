import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg, holm } from './multiple-tests.js';

test.each([
  [[], []],
  [[0.04], [0.04]],
  // Worked by hand: 0.01 x 4, 0.02 x 3 = 0.06, 0.03 x 2 = 0.06, 0.05 x 1 raised to 0.06.
  [
    [0.03, 0.01, 0.05, 0.02],
    [0.06, 0.04, 0.06, 0.06],
  ],
  [
    [0.6, 0.9],
    [1, 1],
  ],
])('Holm turns %j into %j', (pValues, expected) => {
  const adjusted = holm(pValues);
  for (const [nth, value] of expected.entries()) expect(adjusted[nth]).toBeCloseTo(value, 12);
});

/** Whole thousandths: products of the smallest doubles would test rounding. */
const pValues = fc.array(
  fc.nat(1_000).map((thousandths) => thousandths / 1_000),
  { maxLength: 12 },
);

test('both keep the order, never lower a p-value, and Holm is the stricter', () => {
  fc.assert(
    fc.property(pValues, (raw) => {
      const strict = holm(raw);
      const lenient = benjaminiHochberg(raw);
      for (const [nth, value] of raw.entries()) {
        expect(lenient[nth]).toBeGreaterThanOrEqual(value * (1 - 1e-12));
        expect(strict[nth]).toBeGreaterThanOrEqual(lenient[nth]! * (1 - 1e-12));
        expect(strict[nth]).toBeLessThanOrEqual(Math.min(1, value * raw.length) + 1e-12);
        const below = strict.filter((_, other) => raw[other]! <= value);
        expect(Math.max(...below)).toBeLessThanOrEqual(strict[nth]!);
      }
    }),
  );
});
