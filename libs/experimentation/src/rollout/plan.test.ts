import { expect, test } from 'vitest';
import { checkRolloutPlan, defaultRolloutPlan, type RolloutStage } from './plan.js';

const stage = (share: number, over: Partial<RolloutStage> = {}): RolloutStage => ({
  share,
  minutesMin: 10,
  decisionsMin: 100,
  ...over,
});

test('the default plan is sound', () => {
  expect(checkRolloutPlan(defaultRolloutPlan)).toEqual([]);
});

test.each([
  ['NO_STAGES', []],
  ['SHARE_OUT_OF_RANGE', [stage(-0.1), stage(1)]],
  ['SHARES_NOT_ASCENDING', [stage(0.3), stage(0.1), stage(1)]],
  ['SHARES_NOT_ASCENDING', [stage(0.3), stage(0.3), stage(1)]],
  ['LAST_STAGE_NOT_WHOLE', [stage(0), stage(0.5)]],
  ['MINIMUM_NEGATIVE', [stage(0), stage(1, { minutesMin: -1 })]],
  ['MINIMUM_NEGATIVE', [stage(0), stage(1, { decisionsMin: Number.NaN })]],
] as const)('%s is found in %j', (problem, stages) => {
  expect(checkRolloutPlan({ ...defaultRolloutPlan, stages })).toEqual([problem]);
});
