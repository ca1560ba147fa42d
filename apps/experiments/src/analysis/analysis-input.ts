import { paymentMetricIds, type ExperimentDefinition } from '#contracts/experiment.js';
import type { AnalysisInput, ArmSums } from '#experimentation/analysis/analyse-experiment.js';
import { paymentMetrics } from '#experimentation/analysis/payment-metrics.js';
import { withHistory } from '#experimentation/statistics/history-covariate.js';
import { emptySums, type UnitSums } from '#experimentation/statistics/unit-sums.js';
import type { AnalysedExperiment } from '#store/postgres/experiment-reader.js';
import type { ExposedArm } from '#store/postgres/experiment-sums.js';

const MS_PER_DAY = 86_400_000;

export interface Exposed {
  readonly arms: readonly ExposedArm[];
  /** Of each arm's labels, by its id; null when unknown. */
  readonly shareKnown: ReadonlyMap<string, number | null>;
}

/** What the analysis takes, out of the definition and the sums. Control first, as in `arms`. */
export function analysisInputOf(
  experiment: AnalysedExperiment,
  exposed: Exposed,
  nowMs: number,
): AnalysisInput {
  const { definition, startedAt } = experiment;
  const [control, ...treatments] = armSumsOf(experiment, exposed);
  if (control === undefined) throw new Error('an experiment has at least two arms');
  const days = startedAt === null ? 0 : (nowMs - startedAt.getTime()) / MS_PER_DAY;
  const judged = new Set([
    definition.primary_metric,
    ...definition.guardrails.map(({ metric }) => metric),
  ]);
  return {
    control,
    treatments,
    primary: paymentMetrics[definition.primary_metric],
    guardrails: definition.guardrails.map(({ metric, tolerance_relative: toleranceRelative }) => ({
      ...paymentMetrics[metric],
      toleranceRelative,
    })),
    secondary: [...new Set(definition.secondary)]
      .filter((metric) => !judged.has(metric))
      .map((metric) => paymentMetrics[metric]),
    alpha: definition.alpha,
    tuningUnits: tuningUnitsOf(definition),
    plannedUnits: definition.planned_units,
    isTimeUp: days >= definition.horizon_days,
    minimalEffectRelative: definition.minimal_effect_relative,
    lowestSampleRatioPValue: experiment.lowestSampleRatioPValue,
  };
}

/** Two arms' part of the plan: intervals are tightest when it is in. */
function tuningUnitsOf({ planned_units: planned, arms }: ExperimentDefinition): number {
  return (planned * 2) / arms.length;
}

function armSumsOf(experiment: AnalysedExperiment, exposed: Exposed): ArmSums[] {
  const metrics = paymentMetricIds.map((metricId) => {
    const sums = experiment.arms.map(({ armId }) => {
      const found = exposed.arms.find((arm) => arm.armId === armId);
      if (found === undefined) return { ...emptySums, history: null };
      return { ...found.metrics[metricId], units: found.units };
    });
    return [metricId, withHistory(sums)] as const;
  });
  return experiment.arms.map(({ armId, weight }, nth) => {
    const own: [string, UnitSums][] = metrics.map(([metricId, sums]) => [
      metricId,
      sums[nth] ?? emptySums,
    ]);
    return {
      armId,
      weight,
      units: exposed.arms.find((arm) => arm.armId === armId)?.units ?? 0,
      metrics: Object.fromEntries(own),
      shareKnown: exposed.shareKnown.get(armId) ?? null,
    };
  });
}
