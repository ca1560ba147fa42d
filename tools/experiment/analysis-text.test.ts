import { expect, test } from 'vitest';
import type { ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { analysisLines } from './analysis-text.js';

const interval = { low: 0.01, high: 0.05, p_value: 0.00001 };
const values = {
  approval_rate: 0.9,
  challenge_rate: 0.02,
  decline_rate: 0.08,
  fraud_value: null,
  false_positive_value: 12.5,
  net_value: 180.256,
};
const analysis: ExperimentAnalysis = {
  experiment_id: 'softer',
  name: 'Softer thresholds',
  state: 'running',
  analysed_at: '2026-11-23T12:00:00.000Z',
  since: '2026-11-18T12:00:00.000Z',
  until: '2026-11-23T12:00:00.000Z',
  unit: 'customer',
  currency: 'EUR',
  alpha: 0.05,
  verdicts: [{ arm_id: 'b', code: 'keep_running', sentence: 'It is too early to tell.' }],
  sample_ratio: { p_value: 0.4, lowest_sequential_p_value: 0.9, sound: true },
  units: 12_345,
  planned_units: 20_000,
  units_in_two_arms: 0,
  moved_units: 0,
  arms: ['control', 'b'].map((armId, nth) => ({
    arm_id: armId,
    is_control: nth === 0,
    weight: 0.5,
    units: 6_000,
    decisions: 30_000,
    labels_share_known: nth === 0 ? null : 0.42,
    values,
  })),
  results: [
    {
      arm_id: 'b',
      metric: 'approval_rate',
      role: 'primary',
      better: 'higher',
      control_value: 0.9,
      value: 0.92,
      absolute: {
        kind: 'estimated',
        estimate: 0.02,
        standard_error: 0.001,
        fixed_horizon: interval,
        always_valid: interval,
      },
      relative: {
        kind: 'estimated',
        estimate: 0.022,
        standard_error: 0.001,
        fixed_horizon: interval,
        always_valid: { ...interval, low: -0.002 },
      },
      corrected_p_value: { fixed_horizon: 0.00001, always_valid: 0.0312 },
      discovery_p_value: null,
      guardrail: null,
      labels: null,
      variance_reduction: 0.31,
    },
    {
      arm_id: 'b',
      metric: 'fraud_value',
      role: 'guardrail',
      better: 'lower',
      control_value: null,
      value: null,
      absolute: { kind: 'insufficient', reason: 'NOTHING_MEASURED' },
      relative: { kind: 'insufficient', reason: 'NOTHING_MEASURED' },
      corrected_p_value: null,
      discovery_p_value: null,
      guardrail: { status: 'unclear', tolerance_relative: 0.1 },
      labels: { share_known: null, control_share_known: null, mature: false, comparable: false },
      variance_reduction: null,
    },
  ],
  caveats: ['Labels are young.'],
};

test('the verdict comes first, then arms side by side, then differences and caveats', () => {
  const lines = analysisLines(analysis);
  expect(lines[0]).toBe(
    'softer: Softer thresholds. running, 5.0 days since 2026-11-18 12:00 UTC, ' +
      '12,345 of 20,000 planned units (customer)',
  );
  expect(lines[2]).toBe('KEEP RUNNING  It is too early to tell.');
  const find = (start: string) => lines.find((line) => line.startsWith(start));
  expect(find('approval rate ')).toMatch(/90\.00 % +90\.00 %$/);
  expect(find('fraud value, bp ')).toMatch(/- +-$/);
  expect(find('net value *')).toMatch(/180\.26 +180\.26$/);
  expect(find('labels known')).toMatch(/- +42 %$/);
  const results = lines.slice(lines.findIndex((line) => line.startsWith('lift over')));
  expect(results[1]).toMatch(
    /b +primary +\+2\.2 % +-0\.2 % to \+5\.0 % +0\.0312 +\+1\.0 % to \+5\.0 % +<0\.0001 +31 %$/,
  );
  expect(results[2]).toMatch(/nothing measured +- +- +- +- +unclear \(within 10\.0 %\)$/);
  expect(lines.at(-3)).toContain('p = 0.9000 at any number of looks, 0.4000 at this one');
  expect(lines.at(-1)).toBe('- Labels are young.');
});

test('a broken sample ratio is not overlooked', () => {
  const broken = { p_value: 0, lowest_sequential_p_value: 0, sound: false };
  const lines = analysisLines({ ...analysis, sample_ratio: broken });
  expect(lines.join('\n')).toContain('THE SAMPLE RATIO IS BROKEN');
});
