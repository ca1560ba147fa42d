import { describe, expect, test } from 'vitest';
import { checkGuardrails, type GuardrailId } from './check-guardrails.js';
import type { Measurement, SideMeasurement } from './measurement.js';
import { defaultRolloutPlan } from './plan.js';

const side = (over: Partial<SideMeasurement> = {}): SideMeasurement => ({
  decisions: 10_000,
  errors: 0,
  degraded: 10,
  p99Ms: 8,
  nanScores: 0,
  approvals: 9_500,
  throughMinor: 100_000_000,
  fraudMinor: 80_000,
  fraudPayments: 40,
  ...over,
});
const measurement = (
  candidate: Partial<SideMeasurement> = {},
  over: Partial<Measurement> = {},
): Measurement => ({
  candidate: side(candidate),
  baseline: side(),
  scoreBins: [900, 90, 10],
  scoreBinsExpected: [9_000, 900, 100],
  decisionsInStage: 20_000,
  ...over,
});
function statuses(of: Measurement, hasBaseline = true): Record<string, string> {
  const findings = checkGuardrails(of, defaultRolloutPlan, hasBaseline);
  return Object.fromEntries(
    findings.filter(({ status }) => status !== 'ok').map((one) => [one.guardrail, one.status]),
  );
}

test('two sides alike keep every guardrail', () => {
  expect(statuses(measurement())).toEqual({});
});

describe('a breach is found by the guardrail that watches for it', () => {
  test.each<[GuardrailId, Measurement]>([
    ['error_share', measurement({ errors: 20 })],
    ['degraded_share', measurement({ degraded: 200 })],
    ['p99', measurement({ p99Ms: 28 })],
    ['p99', measurement({ p99Ms: 41 }, { baseline: side({ p99Ms: 39 }) })],
    ['nan_share', measurement({ nanScores: 1 })],
    ['score_shift', measurement({}, { scoreBins: [10, 90, 900] })],
    ['fraud_value', measurement({ fraudMinor: 300_000, fraudPayments: 120 })],
  ])('%s', (guardrail, seen) => {
    expect(statuses(seen)).toEqual({ [guardrail]: 'breach' });
  });

  test('alert rate and approval rate see the same from two sides', () => {
    const both = { alert_rate: 'breach', approval_rate: 'breach' };
    expect(statuses(measurement({ approvals: 9_000 }))).toEqual(both);
    // A candidate that lets everything through is as wrong as one that stops everything.
    expect(statuses(measurement({ approvals: 10_000 }))).toEqual({ alert_rate: 'breach' });
  });
});

test('what chance could do is unclear, not a breach', () => {
  const small = (approvals: number) => side({ decisions: 300, approvals, degraded: 0 });
  const seen = measurement({}, { candidate: small(275), baseline: small(285) });
  expect(statuses(seen)).toEqual({ alert_rate: 'unclear', approval_rate: 'unclear' });
  expect(statuses(measurement({ decisions: 500, approvals: 475, degraded: 0, errors: 1 }))).toEqual(
    {
      error_share: 'unclear',
    },
  );
});

test('the slowest of few decisions are no latency', () => {
  const few = side({ decisions: 499, approvals: 474, degraded: 0, p99Ms: 200 });
  expect(statuses(measurement({}, { candidate: few }))).toEqual({ p99: 'unclear' });
});

test('a side without any alert is compared, and evidence stays storable', () => {
  const calm = measurement({ approvals: 10_000 });
  const alert = checkGuardrails(calm, defaultRolloutPlan, true).find(
    ({ guardrail }) => guardrail === 'alert_rate',
  );
  expect(alert?.seen).toBeCloseTo(500.5 / 0.5, 9);
  expect(JSON.parse(JSON.stringify(alert))).toEqual(alert);
});

describe('missing data', () => {
  test('of the candidate leaves every guardrail open', () => {
    const open = statuses(measurement({ decisions: 199 }));
    expect(Object.values(open)).toEqual(Array.from({ length: 8 }, () => 'no_data'));
  });

  test('of the baseline leaves open what needs it, unless there is none to be had', () => {
    const alone = measurement({}, { baseline: side({ decisions: 0 }) });
    expect(Object.keys(statuses(alone))).toEqual(['alert_rate', 'approval_rate', 'fraud_value']);
    expect(statuses(alone, false)).toEqual({});
    const degraded = { ...alone, candidate: side({ degraded: 501 }) };
    expect(statuses(degraded, false)).toEqual({ degraded_share: 'breach' });
  });

  test('of scores, latency or frauds is said by their own guardrails', () => {
    const seen = measurement({ p99Ms: null, fraudPayments: 19 }, { scoreBins: [0, 0, 0] });
    expect(statuses(seen)).toEqual({
      score_shift: 'no_data',
      p99: 'no_data',
      fraud_value: 'no_data',
    });
  });
});

test('a finding says what was seen and what is accepted', () => {
  const findings = checkGuardrails(measurement({ p99Ms: 28.345 }), defaultRolloutPlan, true);
  expect(findings.find(({ guardrail }) => guardrail === 'p99')).toEqual({
    guardrail: 'p99',
    status: 'breach',
    seen: 28.345,
    limit: 18,
    sentence: 'p99 in ms 28.3, accepted up to 18',
  });
});
