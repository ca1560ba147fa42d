import type { ArmEffect, ArmResult, ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { paymentMetricIds } from '#contracts/experiment.js';
import { percent, whole } from '../cli/format-number.js';
import { textTable } from '../cli/text-table.js';
import { daysBetween, lift, metricName, metricValue, minute, pValue } from './metric-text.js';

/** An analysis for a terminal: the verdict, the arms, the differences, then what to know. */
export function analysisLines(analysis: ExperimentAnalysis): string[] {
  return [
    headLine(analysis),
    '',
    ...analysis.verdicts.map(({ code, sentence }) => `${label(code)}  ${sentence}`),
    '',
    ...armTable(analysis),
    '',
    ...resultTable(analysis),
    '',
    sampleRatioLine(analysis),
    `* per payment, in minor units of ${analysis.currency}`,
    ...analysis.caveats.map((caveat) => `- ${caveat}`),
  ];
}

function headLine(analysis: ExperimentAnalysis): string {
  const { experiment_id: id, name, state, since, until, units, planned_units: planned } = analysis;
  const days = daysBetween(since, until);
  return (
    `${id}: ${name}. ${state}, ${days} days since ${minute(since)} UTC, ` +
    `${whole(units)} of ${whole(planned)} planned units (${analysis.unit})`
  );
}

function label(code: string): string {
  return code.toUpperCase().replaceAll('_', ' ');
}

function armTable({ arms }: ExperimentAnalysis): string[] {
  const row = (name: string, cell: (arm: (typeof arms)[number]) => string) => [
    name,
    ...arms.map(cell),
  ];
  return textTable([
    row('', (arm) => (arm.is_control ? `${arm.arm_id} (control)` : arm.arm_id)),
    row('weight', (arm) => percent(arm.weight, 1)),
    row('units', (arm) => whole(arm.units)),
    row('decisions', (arm) => whole(arm.decisions)),
    ...paymentMetricIds.map((metric) =>
      row(metricName(metric), (arm) => metricValue(metric, arm.values[metric])),
    ),
    row('labels known', ({ labels_share_known: known }) =>
      known === null ? '-' : percent(known, 0),
    ),
  ]);
}

function resultTable({ results, alpha }: ExperimentAnalysis): string[] {
  const level = percent(1 - alpha, 0);
  const head = ['lift over the control', 'arm', 'role', 'lift', `${level} always valid`, 'p'];
  const fixed = [`${level} at one look`, 'p', 'history took', ''];
  return textTable([[...head, ...fixed], ...results.map(resultRow)]);
}

function resultRow(result: ArmResult): string[] {
  const { relative, corrected_p_value: corrected } = result;
  const reduction = result.variance_reduction;
  return [
    metricName(result.metric),
    result.arm_id,
    result.role,
    ...(relative.kind === 'estimated'
      ? [lift(relative.estimate), rangeOf(relative, 'always_valid')]
      : ['-', reasonText(relative.reason)]),
    corrected === null ? '-' : pValue(corrected.always_valid),
    relative.kind === 'estimated' ? rangeOf(relative, 'fixed_horizon') : '-',
    corrected === null ? '-' : pValue(corrected.fixed_horizon),
    reduction === null ? '-' : percent(reduction, 0),
    guardrailText(result),
  ];
}

type Estimated = Extract<ArmEffect, { kind: 'estimated' }>;

function rangeOf(effect: Estimated, which: 'always_valid' | 'fixed_horizon'): string {
  return `${lift(effect[which].low)} to ${lift(effect[which].high)}`;
}

function reasonText(reason: string): string {
  return reason.toLowerCase().replaceAll('_', ' ');
}

function guardrailText({ guardrail }: ArmResult): string {
  if (guardrail === null) return '';
  return `${guardrail.status} (within ${percent(guardrail.tolerance_relative, 1)})`;
}

function sampleRatioLine({ sample_ratio: ratio }: ExperimentAnalysis): string {
  const { sound, p_value: once, lowest_sequential_p_value: always } = ratio;
  const verdict = sound ? 'Units fell into the arms as intended' : 'THE SAMPLE RATIO IS BROKEN';
  return `${verdict}: p = ${pValue(always)} at any number of looks, ${pValue(once)} at this one.`;
}
