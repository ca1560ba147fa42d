import { expect, test } from 'vitest';
import { ExperimentDefinition } from '#contracts/experiment.js';
import type { ExplorationEstimate } from '#contracts/exploration-estimate.js';
import type { ShadowReport } from '#contracts/shadow-report.js';
import { explorationLines } from './exploration-command.js';
import { experimentLines } from './list-command.js';
import { shadowLines } from './shadow-command.js';

const part = (transactions: number) => ({ transactions, amount_minor: transactions * 1_000 });
const side = (transactions: number) => ({
  ...part(transactions),
  fraud: part(2),
  legit: part(1),
  unlabelled: part(0),
});
const none = { approve: 0, challenge: 0, review: 0, decline: 0 };
const latency = { model_ms: { p50: 0.5, p99: 2 }, rules_ms: { p50: 0.05, p99: 0.1 } };
const calibration = { expected_calibration_error: 0.01, brier: 0.02, bins: [] };
const report: ShadowReport = {
  shadow_id: 'next',
  from: '2026-11-23T12:00:00.000Z',
  to: '2026-11-24T12:00:00.000Z',
  currency: 'EUR',
  sentence: 'next decides alike.',
  transactions: { judged: 1_000, sampled: 1_000, failed: {}, with_known_truth: 900 },
  labels_share_known: 0.9,
  agreement: {
    share: 0.97,
    matrix: {
      approve: { ...none, approve: 900, decline: 20 },
      challenge: none,
      review: none,
      decline: { ...none, approve: 10, decline: 70 },
    },
  },
  swap_set: { newly_declined: side(20), no_longer_declined: side(10) },
  right_at_decline: {
    champion_only: 3,
    challenger_only: 12,
    mcnemar_exact_p: 0.035,
    mcnemar_mid_p: 0.0213,
  },
  ranking: {
    frauds: 50,
    champion_average_precision: 0.7,
    challenger_average_precision: 0.8,
    difference: 0.1,
    low: 0.05,
    high: 0.15,
  },
  calibration: { champion: calibration, challenger: calibration },
  score_drift: { population_stability_index: 0.123, largest_distance: 0.05 },
  latency: { champion: latency, challenger: latency },
  net_value: {
    transactions: 900,
    champion_minor: 100,
    challenger_minor: 110,
    difference_minor: 10,
    low: 5,
    high: 15,
  },
  caveats: ['Know this.'],
};

test('a shadow report begins with its sentence and ends with what to know', () => {
  const lines = shadowLines(report);
  const find = (start: string) => lines.find((line) => line.startsWith(start));
  expect(lines[0]).toBe('next decides alike.');
  expect(find('approve ')).toMatch(/^approve +900 +0 +0 +20$/);
  expect(find('declined by the shadow only')).toMatch(/20 +20,000 +2 +1 +0$/);
  expect(find('average precision')).toMatch(/0\.7000 +0\.8000 +0\.0500 to 0\.1500$/);
  expect(find('model_ms')).toMatch(/0\.50 \/ 2\.00 +0\.50 \/ 2\.00$/);
  expect(find('Where one alone')).toContain('champion 3, shadow 12 (McNemar mid-p 0.0213');
  expect(lines.at(-1)).toBe('- Know this.');
});

test('what nobody knows is left out of a shadow report', () => {
  const unknown = { ranking: null, calibration: null, net_value: null, score_drift: null };
  const text = shadowLines({ ...report, ...unknown }).join('\n');
  expect(text).not.toMatch(/average precision|Brier|net value|have moved/);
});

const range = { estimate: 0.25, low: 0.2, high: 0.3 };
const estimate: ExplorationEstimate = {
  from: '2026-11-23T12:00:00.000Z',
  to: '2026-11-24T12:00:00.000Z',
  rule: null,
  currency: 'EUR',
  sentence: 'Of 1000 payments declined, a quarter would have been fraud.',
  blocked: { payments: 1_000, amount_minor: 5_000_000 },
  out_of_reach: 12,
  explored: 50,
  effective_payments: 50,
  labels_share_known: 1,
  estimate: {
    alpha: 0.05,
    fraud_rate: { hajek: range, horvitz_thompson: range },
    fraud_value_share: range,
    fraud_minor: { estimate: 1_250_000, low: 1_000_000, high: 1_500_000 },
    honest_minor: { estimate: 3_750_000, low: 3_500_000, high: 4_000_000 },
  },
  caveats: ['Know this.'],
};

test('an estimate of what was blocked has its counts, its intervals and its caveats', () => {
  const lines = explorationLines(estimate);
  const find = (start: string) => lines.find((line) => line.startsWith(start));
  expect(lines[0]).toBe(estimate.sentence);
  expect(find('declined, out of reach')).toMatch(/ 12$/);
  expect(find('fraud rate (Hajek)')).toMatch(/25\.00 % +20\.00 % to 30\.00 %$/);
  expect(find('fraud held off')).toContain('1,000,000 EUR minor to 1,500,000 EUR minor');
  expect(lines.at(-1)).toBe('- Know this.');
  expect(explorationLines({ ...estimate, estimate: null }).join('\n')).not.toContain('Hajek');
});

test('experiments are listed with their arms', () => {
  const definition = ExperimentDefinition.parse({
    experiment_id: 'softer',
    name: 'Softer thresholds',
    arms: [
      { arm_id: 'control', weight: 0.5 },
      { arm_id: 'b', weight: 0.5 },
    ],
    control: 'control',
    primary_metric: 'approval_rate',
    minimal_effect_relative: 0.01,
    planned_units: 1_000,
    horizon_days: 7,
    currency: 'EUR',
  });
  const stored = {
    state: 'running' as const,
    definition,
    created_at: '2026-11-23T12:00:00.000Z',
    started_at: '2026-11-23T13:00:00.000Z',
    reweighted_at: null,
    stopped_at: null,
  };
  expect(experimentLines({ experiments: [stored] })[1]).toMatch(
    /^softer +running +2026-11-23 13:00 +default +approval_rate +control 0\.5, b 0\.5 +Softer/,
  );
  expect(experimentLines({ experiments: [] })).toEqual(['There are no experiments yet.']);
});
