import { expect, test } from 'vitest';
import { mcNemar } from './mcnemar.js';

test.each([
  [0, 0, 1, 1],
  [5, 5, 1, 1],
  // 2 (1 + 9) / 2^9 and, less by half of what was just seen on each side, (2 (1 + 9) - 9) / 2^9.
  [1, 8, 20 / 512, 11 / 512],
  [8, 1, 20 / 512, 11 / 512],
  // The airway example of Fagerland and others (2013), table 1: exact 0.070, mid-p 0.039.
  [1, 7, 18 / 256, 10 / 256],
])('%i against %i: exact %d, mid-p %d', (champion, challenger, exact, midP) => {
  const result = mcNemar(champion, challenger);
  expect(result.exact).toBeCloseTo(exact, 12);
  expect(result.midP).toBeCloseTo(midP, 12);
});

test('large counts agree with the chi-square test', () => {
  // (5200 - 4800)^2 / 10000 = 16: z of 4.
  expect(mcNemar(5_200, 4_800).midP).toBeCloseTo(6.33e-5, 6);
});
