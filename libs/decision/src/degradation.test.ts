import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  degradationCauses,
  degradationLevels,
  type DegradationCause,
  type DegradationLevel,
} from '#contracts/decision-reply.js';
import { degrade, notDegraded } from './degradation.js';

type Step = readonly [DegradationLevel, DegradationCause];

const anyStep: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom(...degradationLevels),
  fc.constantFrom(...degradationCauses),
);
const down = (steps: readonly Step[]) =>
  steps.reduce((current, [level, cause]) => degrade(current, level, cause), notDegraded);

test('the ladder, from the full path to the amount alone', () => {
  expect(degradationLevels).toEqual([
    'none',
    'cached_features',
    'request_only',
    'rules_only',
    'static_policy',
  ]);
});

test.each([
  [[], 'none', []],
  [[['cached_features', 'STATE_TIMEOUT']], 'cached_features', ['STATE_TIMEOUT']],
  [
    [
      ['cached_features', 'STATE_TIMEOUT'],
      ['rules_only', 'MODEL_TIMEOUT'],
    ],
    'rules_only',
    ['STATE_TIMEOUT', 'MODEL_TIMEOUT'],
  ],
  [
    [
      ['request_only', 'STATE_UNAVAILABLE'],
      ['rules_only', 'MODEL_UNAVAILABLE'],
      ['static_policy', 'RULES_FAILED'],
    ],
    'static_policy',
    ['STATE_UNAVAILABLE', 'MODEL_UNAVAILABLE', 'RULES_FAILED'],
  ],
  [
    [
      ['rules_only', 'DEADLINE_SPENT'],
      ['cached_features', 'DEADLINE_SPENT'],
    ],
    'rules_only',
    ['DEADLINE_SPENT'],
  ],
] as const)('the steps %j end at %s because of %j', (steps, level, causes) => {
  expect(down(steps)).toEqual({ level, causes });
});

test('a further step never leads up again, and forgets no cause', () => {
  fc.assert(
    fc.property(fc.array(anyStep), anyStep, (steps, [level, cause]) => {
      const before = down(steps);
      const after = degrade(before, level, cause);
      const rank = (of: DegradationLevel) => degradationLevels.indexOf(of);
      expect(rank(after.level)).toBe(Math.max(rank(before.level), rank(level)));
      expect(after.causes).toEqual([...new Set([...before.causes, cause])]);
    }),
  );
});

test('the level does not depend on the order in which things failed', () => {
  fc.assert(
    fc.property(fc.array(anyStep), (steps) => {
      expect(down(steps.toReversed()).level).toBe(down(steps).level);
    }),
  );
});

test('a step leaves what it started from as it was', () => {
  const before = degrade(notDegraded, 'rules_only', 'MODEL_TIMEOUT');
  degrade(before, 'static_policy', 'RULES_FAILED');
  expect(before).toEqual({ level: 'rules_only', causes: ['MODEL_TIMEOUT'] });
  expect(notDegraded).toEqual({ level: 'none', causes: [] });
});
