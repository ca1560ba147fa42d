import { describe, expect, test } from 'vitest';
import type { Compared } from './compare-metric.js';
import { guardrailStatus } from './guardrail.js';
import { judgeArm, type JudgedGuardrail, type JudgedMetric, type VerdictInput } from './verdict.js';

const interval = (low: number, high: number): Compared => ({
  kind: 'estimated',
  estimate: (low + high) / 2,
  standardError: 0.01,
  fixed: { low, high, pValue: 0.01 },
  alwaysValid: { low, high, pValue: 0.01 },
});
const none: Compared = { kind: 'insufficient', reason: 'CONTROL_IS_ZERO' };

const metric = (low: number, high: number, over: Partial<JudgedMetric> = {}): JudgedMetric => ({
  name: 'approval rate',
  better: 'higher',
  absolute: interval(low, high),
  relative: interval(low, high),
  pValue: low > 0 || high < 0 ? 0.01 : 0.5,
  mature: null,
  ...over,
});
const guardrail = (over: Partial<JudgedGuardrail> = {}): JudgedGuardrail => ({
  ...metric(-0.01, 0.01),
  name: 'fraud value',
  better: 'lower',
  status: 'pass',
  toleranceRelative: 0.05,
  ...over,
});
const input = (over: Partial<VerdictInput> = {}): VerdictInput => ({
  armId: 'challenger',
  alpha: 0.05,
  sampleRatioSound: true,
  primary: metric(-0.05, 0.05),
  guardrails: [guardrail()],
  horizonReached: false,
  minimalEffectRelative: 0.02,
  ...over,
});

test.each<[string, Partial<VerdictInput>, string]>([
  ['too early', {}, 'keep_running'],
  ['better and safe', { primary: metric(0.01, 0.03) }, 'ship'],
  ['worse', { primary: metric(-0.03, -0.01) }, 'stop_harm'],
  [
    'a broken assignment, whatever else',
    { primary: metric(0.01, 0.03), sampleRatioSound: false },
    'invalid_sample_ratio',
  ],
  [
    'better but a guardrail breached',
    { primary: metric(0.01, 0.03), guardrails: [guardrail({ status: 'breach' })] },
    'stop_harm',
  ],
  [
    'better but a guardrail unclear',
    { primary: metric(0.01, 0.03), guardrails: [guardrail({ status: 'unclear' })] },
    'keep_running',
  ],
  [
    'better, and a guardrail without tolerance not worse',
    {
      primary: metric(0.01, 0.03),
      guardrails: [guardrail({ status: 'unclear', toleranceRelative: 0 })],
    },
    'ship',
  ],
  [
    'better, but its labels are not in',
    { primary: metric(0.01, 0.03, { mature: false }) },
    'not_mature',
  ],
  [
    'better, but a guardrail’s labels are not in',
    { primary: metric(0.01, 0.03), guardrails: [guardrail({ mature: false })] },
    'not_mature',
  ],
  ['worse on immature labels', { primary: metric(-0.03, -0.01, { mature: false }) }, 'stop_harm'],
  ['any worthwhile effect ruled out', { primary: metric(-0.01, 0.015) }, 'stop_no_effect'],
  ['all planned units in, nothing seen', { horizonReached: true }, 'stop_no_effect'],
  [
    'all planned units in, labels not',
    { horizonReached: true, primary: metric(-0.05, 0.05, { mature: false }) },
    'not_mature',
  ],
  [
    'significant alone but not over all arms',
    { primary: metric(0.01, 0.03, { pValue: 0.06 }), minimalEffectRelative: 0.001 },
    'keep_running',
  ],
  [
    'no estimate',
    { primary: metric(0, 0, { absolute: none, relative: none, pValue: null }) },
    'keep_running',
  ],
])('%s', (_case, over, code) => {
  expect(judgeArm(input(over)).code).toBe(code);
});

test('the sentence has the arm, the metric, the lift and its interval', () => {
  expect(judgeArm(input({ primary: metric(0.01, 0.03) })).sentence).toBe(
    'challenger is better: approval rate +2 % (+1 % to +3 %, 95 % always-valid), and no guardrail is breached.',
  );
});

describe('a guardrail', () => {
  test.each([
    ['higher', interval(-0.09, -0.03), 'breach'],
    ['higher', interval(-0.09, -0.01), 'unclear'],
    ['higher', interval(-0.02, 0.1), 'pass'],
    ['lower', interval(0.03, 0.09), 'breach'],
    ['lower', interval(0.01, 0.09), 'unclear'],
    ['lower', interval(-0.1, 0.02), 'pass'],
  ] as const)('where %s is better and the interval is %j: %#', (better, relative, status) => {
    expect(guardrailStatus({ absolute: none, relative }, better, 0.02)).toBe(status);
  });

  test('without a relative effect is held to the absolute one, without tolerance', () => {
    const harm = interval(0.001, 0.01);
    expect(guardrailStatus({ absolute: harm, relative: none }, 'lower', 0.5)).toBe('breach');
    expect(guardrailStatus({ absolute: none, relative: none }, 'lower', 0.5)).toBe('unclear');
  });
});
