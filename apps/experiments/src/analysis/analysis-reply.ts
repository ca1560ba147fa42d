import {
  type ArmEffect,
  type ArmResult,
  type ExperimentAnalysis,
} from '#contracts/experiment-analysis.js';
import { paymentMetricIds, type PaymentMetricId } from '#contracts/experiment.js';
import type {
  AnalysisInput,
  ArmSums,
  MetricResult,
} from '#experimentation/analysis/analyse-experiment.js';
import type { Compared } from '#experimentation/analysis/compare-metric.js';
import { paymentMetrics } from '#experimentation/analysis/payment-metrics.js';
import type { Inference } from '#experimentation/statistics/inference.js';
import type { AnalysisRun } from './analysis-run.js';
import { caveatsOf } from './caveats.js';

export function analysisReplyOf(run: AnalysisRun): ExperimentAnalysis {
  const { experiment, input, analysis } = run;
  const { definition } = experiment;
  const arms = [input.control, ...input.treatments];
  return {
    experiment_id: definition.experiment_id,
    name: definition.name,
    state: experiment.state,
    analysed_at: run.analysedAt.toISOString(),
    since: run.since.toISOString(),
    until: run.until.toISOString(),
    unit: definition.unit,
    currency: definition.currency,
    alpha: definition.alpha,
    verdicts: analysis.verdicts.map(({ armId, code, sentence }) => ({
      arm_id: armId,
      code,
      sentence,
    })),
    sample_ratio: {
      p_value: analysis.sampleRatio.pValue,
      lowest_sequential_p_value: analysis.sampleRatio.lowestSequentialPValue,
      sound: analysis.sampleRatio.sound,
    },
    units: analysis.units,
    planned_units: definition.planned_units,
    units_in_two_arms: run.unitsInTwoArms,
    moved_units: run.movedUnits,
    arms: arms.map((arm) => ({
      arm_id: arm.armId,
      is_control: arm === input.control,
      weight: arm.weight,
      units: arm.units,
      decisions: run.decisions.get(arm.armId) ?? 0,
      labels_share_known: arm.shareKnown,
      values: valuesOf(arm),
    })),
    results: analysis.results.map((result) => resultOf(result, input)),
    caveats: caveatsOf(run),
  };
}

function valuesOf(arm: ArmSums): Record<PaymentMetricId, number | null> {
  const values = paymentMetricIds.map((metricId) => {
    const { numerator = 0, denominator = 0 } = arm.metrics[metricId] ?? {};
    return [metricId, finite(numerator / denominator)];
  });
  return Object.fromEntries(values) as Record<PaymentMetricId, number | null>;
}

function resultOf(result: MetricResult, input: AnalysisInput): ArmResult {
  const metricId = result.metricId as PaymentMetricId;
  const { corrected, labels } = result;
  const tolerance = input.guardrails.find((metric) => metric.metricId === metricId);
  return {
    arm_id: result.armId,
    metric: metricId,
    role: result.role,
    better: paymentMetrics[metricId].better,
    control_value: finite(result.controlMean),
    value: finite(result.treatmentMean),
    absolute: effectOf(result.absolute),
    relative: effectOf(result.relative),
    corrected_p_value:
      corrected === null
        ? null
        : { fixed_horizon: corrected.fixed, always_valid: corrected.alwaysValid },
    discovery_p_value: result.discoveryPValue,
    guardrail:
      result.guardrail === null
        ? null
        : { status: result.guardrail, tolerance_relative: tolerance?.toleranceRelative ?? 0 },
    labels:
      labels === null
        ? null
        : {
            share_known: labels.treatment,
            control_share_known: labels.control,
            mature: labels.mature,
            comparable: labels.comparable,
          },
    variance_reduction: result.varianceReduction,
  };
}

function effectOf(compared: Compared): ArmEffect {
  if (compared.kind === 'insufficient') return compared;
  return {
    kind: 'estimated',
    estimate: compared.estimate,
    standard_error: compared.standardError,
    fixed_horizon: intervalOf(compared.fixed),
    always_valid: intervalOf(compared.alwaysValid),
  };
}

function intervalOf({ low, high, pValue }: Inference) {
  return { low, high, p_value: pValue };
}

/** A ratio without a denominator is no number, which JSON cannot say. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
