import { describe, expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { sumUnits } from '../statistics/unit-sums.js';
import { analyseExperiment, type AnalysisInput, type ArmSums } from './analyse-experiment.js';
import { paymentMetrics, paymentValues, type DecidedPayment } from './payment-metrics.js';

const economics = {
  marginShare: 0.02,
  fraudLossShare: 1,
  challengeCostMinor: 5,
  reviewCostMinor: 200,
};

interface Habit {
  readonly declines: number;
  readonly fraud: number;
}

/** Cards with one to four payments each; a share of them declined, a share of the rest fraud. */
function arm(armId: string, units: number, habit: Habit, over: Partial<ArmSums> = {}): ArmSums {
  const random = seededRandom(armId.length * 7_919 + units);
  const cards = Array.from({ length: units }, () =>
    paymentValues(
      Array.from({ length: 1 + Math.floor(random() * 4) }, (): DecidedPayment => {
        const declined = random() < habit.declines;
        const fraud = random() < habit.fraud;
        return {
          decision: declined ? 'decline' : 'approve',
          amountMinor: 1_000 + Math.floor(random() * 9_000),
          wentThrough: !declined,
          label: fraud ? 'fraud' : null,
        };
      }),
      economics,
    ),
  );
  const metrics = Object.fromEntries(
    Object.keys(paymentMetrics).map((metricId) => [
      metricId,
      sumUnits(cards.map((card) => card[metricId as keyof typeof card])),
    ]),
  );
  return { armId, units, weight: 0.5, metrics, shareKnown: 0.95, ...over };
}

const control = arm('control', 8_000, { declines: 0.1, fraud: 0.02 });
const input = (
  treatments: readonly ArmSums[],
  over: Partial<AnalysisInput> = {},
): AnalysisInput => ({
  control,
  treatments,
  primary: paymentMetrics.approval_rate,
  guardrails: [{ ...paymentMetrics.fraud_value, toleranceRelative: 0.5 }],
  secondary: [paymentMetrics.net_value],
  alpha: 0.05,
  tuningUnits: 10_000,
  plannedUnits: 50_000,
  isTimeUp: false,
  minimalEffectRelative: 0.005,
  lowestSampleRatioPValue: 1,
  ...over,
});
const codes = (of: AnalysisInput) => analyseExperiment(of).verdicts.map(({ code }) => code);

describe('the analysis', () => {
  const better = arm('better', 8_000, { declines: 0.07, fraud: 0.02 });
  const worse = arm('worse arm', 8_000, { declines: 0.15, fraud: 0.02 });
  const leaky = arm('leaky arm!', 8_000, { declines: 0.07, fraud: 0.06 });

  test('ships what approves more at the same fraud, and stops what does harm', () => {
    const analysis = analyseExperiment(input([better, worse, leaky]));
    expect(analysis.verdicts.map(({ armId, code }) => [armId, code])).toEqual([
      ['better', 'ship'],
      ['worse arm', 'stop_harm'],
      ['leaky arm!', 'stop_harm'],
    ]);
    expect(analysis.sampleRatio.sound).toBe(true);
    expect(analysis.results).toHaveLength(9);
  });

  test('tells each effect absolute and relative, fixed and always valid, corrected over arms', () => {
    const { results } = analyseExperiment(input([better, worse]));
    const approval = results.find((one) => one.metricId === 'approval_rate');
    if (approval?.absolute.kind !== 'estimated') throw new Error('no estimate');
    expect(approval.treatmentMean - approval.controlMean).toBeCloseTo(
      approval.absolute.estimate,
      12,
    );
    const { fixed, alwaysValid } = approval.absolute;
    expect(alwaysValid.high - alwaysValid.low).toBeGreaterThan(fixed.high - fixed.low);
    expect(approval.corrected?.fixed).toBeGreaterThanOrEqual(fixed.pValue);
  });

  test('corrects: the same arm has wider intervals and larger p-values beside others', () => {
    const alone = analyseExperiment(input([better])).results[0];
    const beside = analyseExperiment(input([better, worse, leaky])).results[0];
    if (alone?.absolute.kind !== 'estimated' || beside?.absolute.kind !== 'estimated') {
      throw new Error('no estimate');
    }
    expect(beside.absolute.alwaysValid.low).toBeLessThan(alone.absolute.alwaysValid.low);
    expect(beside.absolute.estimate).toBe(alone.absolute.estimate);
  });

  test('corrects secondary metrics together, and only those', () => {
    const { decline_rate, net_value } = paymentMetrics;
    const of = input([better], { secondary: [decline_rate, net_value] });
    const { results } = analyseExperiment(of);
    const pValues = results.flatMap(({ absolute, role, discoveryPValue }) => {
      expect(discoveryPValue === null).toBe(role !== 'secondary');
      if (absolute.kind !== 'estimated' || discoveryPValue === null) return [];
      return [[absolute.alwaysValid.pValue, discoveryPValue] as const];
    });
    const [smaller, larger] = pValues.toSorted(([a], [b]) => a - b);
    expect(smaller?.[1]).toBe(Math.min(smaller![0] * 2, larger![0]));
    expect(larger?.[1]).toBe(larger?.[0]);
  });

  test('waits for the guardrail’s labels before it ships', () => {
    const young = { shareKnown: 0.4 };
    const early = input([{ ...better, ...young }], { control: { ...control, ...young } });
    expect(codes(early)).toEqual(['not_mature']);
  });

  test('does not compare arms by labels of different maturity', () => {
    const of = input([{ ...leaky, shareKnown: 0.5 }]);
    const fraud = analyseExperiment(of).results.find((one) => one.metricId === 'fraud_value');
    expect(fraud).toMatchObject({ guardrail: 'unclear', labels: { comparable: false } });
    expect(codes(of)).toEqual(['keep_running']);
  });

  test('throws everything away when units fell into arms otherwise than intended', () => {
    const skewed = input([{ ...better, units: 9_200 }]);
    expect(codes(skewed)).toEqual(['invalid_sample_ratio']);
    const before = input([better], { lowestSampleRatioPValue: 0.0001 });
    expect(codes(before)).toEqual(['invalid_sample_ratio']);
  });

  test('gives up when all planned units are in without an effect', () => {
    const same = arm('same', 8_000, { declines: 0.1, fraud: 0.02 });
    expect(codes(input([same], { plannedUnits: 16_000 }))).toEqual(['stop_no_effect']);
    expect(codes(input([same], { isTimeUp: true }))).toEqual(['stop_no_effect']);
    expect(codes(input([same]))).toEqual(['keep_running']);
  });
});
