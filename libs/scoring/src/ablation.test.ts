import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type AblationPlan, planAblation, topReasons, writeAblatedRow } from './ablation.js';
import type { ModelManifest } from './manifest.js';

const group = (code: string, features: string[]): ModelManifest['reasonGroups'][number] => ({
  code,
  message: `${code} for the staff`,
  public_message: `${code} for the customer`,
  features,
});

const plan: AblationPlan = planAblation({
  features: ['a', 'b', 'c'],
  baseline: [1, null, 3],
  reasonGroups: [group('MODEL_AC', ['a', 'c']), group('MODEL_B', ['b'])],
} as unknown as ModelManifest);

test('only the features of the group become ordinary, a mostly missing one becomes missing', () => {
  const row = Float32Array.of(10, 20, 30);
  const target = new Float32Array(3);
  writeAblatedRow(plan, 0, row, target);
  expect([...target]).toEqual([1, 20, 3]);
  writeAblatedRow(plan, 1, row, target);
  expect([...target]).toEqual([10, Number.NaN, 30]);
});

test('the group whose absence lowers the score most comes first, with both texts', () => {
  expect(topReasons(plan, 0.9, Float32Array.of(0.6, 0.1), 4)).toEqual([
    {
      code: 'MODEL_B',
      source: 'model',
      contribution: 0.8,
      message: 'MODEL_B for the staff',
      public_message: 'MODEL_B for the customer',
    },
    expect.objectContaining({ code: 'MODEL_AC', contribution: 0.3 }),
  ]);
});

test('a group that lowered the score, or hardly moved it, is no reason', () => {
  expect(topReasons(plan, 0.5, Float32Array.of(0.7, 0.499), 4)).toEqual([]);
});

test('reasons are at most as many as asked for, each positive, the largest first', () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      probability,
      probability,
      probability,
      fc.integer({ min: 0, max: 3 }),
      (...args) => {
        const [base, first, second, most] = args;
        const reasons = topReasons(plan, base, Float32Array.of(first, second), most);
        const contributions = reasons.map((reason) => reason.contribution ?? 0);
        expect(reasons.length).toBeLessThanOrEqual(most);
        expect(contributions.every((value) => value > 0 && value <= 1)).toBe(true);
        expect(contributions).toEqual([...contributions].sort((a, b) => b - a));
      },
    ),
  );
});
