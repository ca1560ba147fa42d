import { benjaminiHochberg } from '../statistics/multiple-tests.js';
import { sampleRatioPValue, sequentialSampleRatioPValue } from '../statistics/sample-ratio.js';
import type { UnitSums } from '../statistics/unit-sums.js';
import { compareMetric, type MetricComparison } from './compare-metric.js';
import { guardrailStatus, type GuardrailStatus } from './guardrail.js';
import type { MetricDefinition } from './payment-metrics.js';
import { judgeArm, type Verdict } from './verdict.js';

/** Below this an experiment's assignment is broken; strict, because it throws everything away. */
const SAMPLE_RATIO_ALPHA = 0.001;
/** Labels known, of those that will come, for a result to count as final. */
const SHARE_KNOWN_MIN = 0.8;
/**
 * Arms whose labels differ in maturity by more, as after a change of weights, cannot be compared by
 * them: the younger arm would look clean.
 */
const SHARE_KNOWN_GAP_MAX = 0.05;

export interface ArmSums {
  readonly armId: string;
  readonly units: number;
  /** The arm's intended share of the units, above 0. */
  readonly weight: number;
  /** By metric id. */
  readonly metrics: Readonly<Record<string, UnitSums>>;
  /** The share of this arm's labels known by now, from `expectedShareKnown`; null when unknown. */
  readonly shareKnown: number | null;
}

export interface GuardrailMetric extends MetricDefinition {
  /** How much worse is accepted, relative to the control, 0 or more. */
  readonly toleranceRelative: number;
}

export interface AnalysisInput {
  readonly control: ArmSums;
  readonly treatments: readonly ArmSums[];
  readonly primary: MetricDefinition;
  readonly guardrails: readonly GuardrailMetric[];
  readonly secondary: readonly MetricDefinition[];
  readonly alpha: number;
  /** Where always-valid intervals are tightest, in units of two arms; a good choice is the plan. */
  readonly tuningUnits: number;
  /** Of all arms together. */
  readonly plannedUnits: number;
  /** Whether the planned days are over, however many units came. */
  readonly isTimeUp: boolean;
  readonly minimalEffectRelative: number;
  /** What the last analysis returned, 1 at the first: the sequential check keeps its lowest. */
  readonly lowestSampleRatioPValue: number;
}

export interface MetricResult extends MetricComparison {
  readonly metricId: string;
  readonly role: 'primary' | 'guardrail' | 'secondary';
  /** Null for metrics that are no guardrail. */
  readonly guardrail: GuardrailStatus | null;
  /** Null for metrics that need no labels. */
  readonly labels: LabelMaturity | null;
  /**
   * For secondary metrics with an estimate, else null: the always-valid p-value corrected over all
   * of them and all arms for the share of false finds (Benjamini and Hochberg). To learn from,
   * never to decide by.
   */
  readonly discoveryPValue: number | null;
}

export interface LabelMaturity {
  /** Of the arm and of the control, [0, 1]; null when unknown. */
  readonly treatment: number | null;
  readonly control: number | null;
  readonly mature: boolean;
  /** Whether both arms are equally mature, so that they can be compared at all. */
  readonly comparable: boolean;
}

export interface Analysis {
  readonly units: number;
  readonly sampleRatio: {
    readonly pValue: number;
    readonly lowestSequentialPValue: number;
    readonly sound: boolean;
  };
  readonly results: readonly MetricResult[];
  readonly verdicts: readonly (Verdict & { readonly armId: string })[];
}

/** Everything an experiment says so far, from sums: each metric of each arm against the control. */
export function analyseExperiment(input: AnalysisInput): Analysis {
  const arms = [input.control, ...input.treatments];
  const lowestSequentialPValue = sequentialSampleRatioPValue(arms, input.lowestSampleRatioPValue);
  const sampleRatio = {
    pValue: sampleRatioPValue(arms),
    lowestSequentialPValue,
    sound: lowestSequentialPValue >= SAMPLE_RATIO_ALPHA,
  };
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const results = [
    ...resultsOf(input.primary, 'primary', input),
    ...input.guardrails.flatMap((metric) => resultsOf(metric, 'guardrail', input)),
    ...withDiscovery(input.secondary.flatMap((metric) => resultsOf(metric, 'secondary', input))),
  ];
  const verdicts = input.treatments.map(({ armId }) => ({
    armId,
    ...verdictOf(armId, input, { results, units, sound: sampleRatio.sound }),
  }));
  return { units, sampleRatio, results, verdicts };
}

function resultsOf(
  metric: MetricDefinition | GuardrailMetric,
  role: MetricResult['role'],
  input: AnalysisInput,
): MetricResult[] {
  const { metricId } = metric;
  const comparisons = compareMetric(
    {
      control: sumsOf(input.control, metricId),
      treatments: input.treatments.map((arm) => ({
        armId: arm.armId,
        sums: sumsOf(arm, metricId),
      })),
    },
    { alpha: input.alpha, tuningUnits: input.tuningUnits },
  );
  return comparisons.map((comparison, nth) => {
    const labels = metric.needsLabels ? maturityOf(input.treatments[nth], input.control) : null;
    const guardrail =
      'toleranceRelative' in metric
        ? statusOf(comparison, metric, labels?.comparable ?? true)
        : null;
    return { ...comparison, metricId, role, guardrail, labels, discoveryPValue: null };
  });
}

function withDiscovery(results: readonly MetricResult[]): MetricResult[] {
  const corrected = benjaminiHochberg(
    results.map(({ absolute }) =>
      absolute.kind === 'estimated' ? absolute.alwaysValid.pValue : 1,
    ),
  );
  return results.map((result, nth) => ({
    ...result,
    discoveryPValue: result.absolute.kind === 'estimated' ? (corrected[nth] ?? null) : null,
  }));
}

function statusOf(
  comparison: MetricComparison,
  metric: GuardrailMetric,
  comparable: boolean,
): GuardrailStatus {
  if (!comparable) return 'unclear';
  return guardrailStatus(comparison, metric.better, metric.toleranceRelative);
}

function maturityOf(treatment: ArmSums | undefined, control: ArmSums): LabelMaturity {
  const shares = { treatment: treatment?.shareKnown ?? null, control: control.shareKnown };
  if (shares.treatment === null || shares.control === null) {
    return { ...shares, mature: false, comparable: false };
  }
  const comparable = Math.abs(shares.treatment - shares.control) <= SHARE_KNOWN_GAP_MAX;
  const least = Math.min(shares.treatment, shares.control);
  return { ...shares, mature: comparable && least >= SHARE_KNOWN_MIN, comparable };
}

function verdictOf(
  armId: string,
  input: AnalysisInput,
  seen: {
    readonly results: readonly MetricResult[];
    readonly units: number;
    readonly sound: boolean;
  },
): Verdict {
  const judged = (metric: MetricDefinition, role: MetricResult['role']) => {
    const result = seen.results.find(
      (one) => one.metricId === metric.metricId && one.role === role && one.armId === armId,
    );
    if (result === undefined) throw new Error(`no result of ${metric.metricId} for ${armId}`);
    const { name, better } = metric;
    const { absolute, relative } = result;
    const usable = result.labels?.comparable ?? true;
    const pValue = usable ? (result.corrected?.alwaysValid ?? null) : null;
    const mature = result.labels?.mature ?? null;
    return { name, better, absolute, relative, pValue, mature, status: result.guardrail };
  };
  return judgeArm({
    armId,
    alpha: input.alpha,
    sampleRatioSound: seen.sound,
    primary: judged(input.primary, 'primary'),
    guardrails: input.guardrails.map((metric) => {
      const { status, ...rest } = judged(metric, 'guardrail');
      const { toleranceRelative } = metric;
      return { ...rest, toleranceRelative, status: status ?? 'unclear' };
    }),
    horizonReached: input.isTimeUp || seen.units >= input.plannedUnits,
    minimalEffectRelative: input.minimalEffectRelative,
  });
}

function sumsOf(arm: ArmSums, metricId: string): UnitSums {
  const sums = arm.metrics[metricId];
  if (sums === undefined) throw new Error(`arm ${arm.armId} has no sums of ${metricId}`);
  return sums;
}
