import { machineLine, type Machine } from '../bench/machine.js';
import { percent, whole } from '../cli/format-number.js';
import type { LoadFigures, Percentiles } from './recorder.js';
import { reportStyle } from './report-style.js';
import { secondsOf } from './rescale.js';
import type { Scenario } from './scenario.js';
import { lineChart } from './svg-chart.js';
import type { ThresholdResult } from './verdict.js';

export interface LoadRun {
  readonly name: string;
  readonly scenario: Scenario;
  readonly url: string;
  readonly startedAt: Date;
  readonly machine: Machine;
  readonly figures: LoadFigures;
  readonly thresholds: readonly ThresholdResult[];
}

/** One page that needs nothing else: figures, charts, thresholds and how they were measured. */
export function htmlReport(run: LoadRun): string {
  const { name, scenario, figures } = run;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(name)} · Tollgate load test</title>
<style>${reportStyle}</style>
<main>
<header><div><h1>${escape(name)}</h1><p>${escape(scenario.about)}</p></div>${verdict(run)}</header>
${cards(figures, secondsOf(scenario.stages))}
${latencyChart(figures)}
${throughputChart(figures)}
${distributionChart(figures)}
${thresholdTable(run.thresholds)}
${percentileTable(figures)}
${detailTable(run)}
<footer>Open loop: each request is sent when it is due, however slow the answers are, and its
latency counts from that moment, so a stall is charged for every request that would have come
meanwhile. The timer of the generator has steps of 1 ms; how late it was is in the table.
Generator and service ran on the same machine.</footer>
</main>
</html>
`;
}

function verdict({ thresholds }: LoadRun): string {
  if (thresholds.length === 0) return '<span class="verdict">no thresholds</span>';
  const passed = thresholds.every((threshold) => threshold.passed);
  return passed
    ? '<span class="verdict passed">passed</span>'
    : '<span class="verdict failed">failed</span>';
}

function cards(figures: LoadFigures, seconds: number): string {
  const { latencyMs, completed, failed, degraded, dropped } = figures;
  const bad = (count: number): string => (count > 0 ? ' class="failed"' : '');
  const card = (term: string, value: string, unit = '', style = ''): string =>
    `<div><dt>${term}</dt><dd${style}>${value} <small>${unit}</small></dd></div>`;
  return `<dl class="cards">
${card('median', round(latencyMs.p50), 'ms')}
${card('p99', round(latencyMs.p99), 'ms')}
${card('p99.9', round(latencyMs.p999), 'ms')}
${card('slowest', round(latencyMs.max), 'ms')}
${card('answered', whole(completed / seconds), '/s')}
${card('failed', whole(failed), '', bad(failed))}
${card('degraded', whole(degraded), '', bad(degraded))}
${card('dropped', whole(dropped), '', bad(dropped))}
</dl>`;
}

function latencyChart({ timeline }: LoadFigures): string {
  return lineChart({
    title: 'Latency over time',
    note: 'of the requests due in each second',
    unit: 'ms',
    xUnit: ' s',
    series: [
      { name: 'slowest', style: 'three', points: timeline.map((at) => [at.second, at.max]) },
      { name: 'p99', style: 'two', points: timeline.map((at) => [at.second, at.p99]) },
      { name: 'median', style: 'one', points: timeline.map((at) => [at.second, at.p50]) },
    ],
  });
}

function throughputChart({ timeline }: LoadFigures): string {
  // The first and the last second are usually not whole.
  const inner = timeline.length > 3 ? timeline.slice(0, -1) : timeline;
  return lineChart({
    title: 'Throughput',
    note: 'asked for, answered, and what went wrong',
    unit: 'requests a second',
    xUnit: ' s',
    series: [
      { name: 'asked', style: 'three', area: true, points: inner.map((at) => [at.second, at.due]) },
      {
        name: 'answered well',
        style: 'one',
        points: inner.map((at) => [at.second, at.completed - at.failed]),
      },
      { name: 'degraded', style: 'two', points: inner.map((at) => [at.second, at.degraded]) },
      { name: 'failed', style: 'bad', points: inner.map((at) => [at.second, at.failed]) },
    ],
  });
}

function distributionChart({ distribution }: LoadFigures): string {
  const nines = (share: number): number => -Math.log10(1 - share);
  const shares = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
  return lineChart({
    title: 'Distribution',
    note: 'each step to the right is ten times rarer',
    unit: 'ms',
    xTicks: [[0, 'fastest'], ...shares.map((share) => [nines(share), percentName(share)] as const)],
    series: [
      {
        name: 'latency by percentile',
        style: 'one',
        points: distribution.map(([share, ms]) => [nines(share), ms]),
      },
    ],
  });
}

function percentName(share: number): string {
  return `p${Number((share * 100).toPrecision(7))}`;
}

function thresholdTable(thresholds: readonly ThresholdResult[]): string {
  if (thresholds.length === 0) return '';
  const rows = thresholds.map(
    ({ name, limit, measured, passed }) =>
      `<tr><th>${name}</th><td>${limit}</td><td>${measured}</td>` +
      `<td class="${passed ? 'passed' : 'failed'}">${passed ? 'kept' : 'broken'}</td></tr>`,
  );
  return `<h2>Thresholds</h2><table>${rows.join('')}</table>`;
}

function percentileTable({ latencyMs, serviceMs, latenessMs }: LoadFigures): string {
  const keys = ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const;
  const names = ['median', 'p90', 'p95', 'p99', 'p99.9', 'slowest', 'mean'];
  const row = (title: string, values: Percentiles): string =>
    `<tr><th>${title}</th>${keys.map((key) => `<td class="number">${round(values[key])}</td>`).join('')}</tr>`;
  const heads = names.map((name) => `<th class="number">${name}</th>`).join('');
  return `<h2>Percentiles, ms</h2><table><thead><tr><th></th>${heads}</tr></thead>
${row('since it was due', latencyMs)}
${row('since it was sent', serviceMs)}
${row('generator late by', latenessMs)}</table>`;
}

function detailTable({ url, startedAt, machine, figures, scenario }: LoadRun): string {
  const statuses = Object.entries(figures.statuses).map(
    ([status, count]) => `${escape(status)}: ${whole(count)}`,
  );
  const stages = scenario.stages.map(({ seconds, fromRate, toRate }) => {
    const rates = fromRate === toRate ? whole(toRate) : `${whole(fromRate)} to ${whole(toRate)}`;
    return `${rates}/s for ${whole(seconds)} s`;
  });
  const rows = [
    ['target', escape(url)],
    ['started', startedAt.toISOString()],
    ['stages', stages.join(', ')],
    ['one hot card', percent(scenario.hotCardShare, 0)],
    ['requests', `${whole(figures.due)} due, ${whole(figures.completed)} settled`],
    ['statuses', statuses.join(', ')],
    ['machine', escape(machineLine(machine))],
  ].map(([term, value]) => `<tr><th>${term}</th><td>${value}</td></tr>`);
  return `<h2>Run</h2><table>${rows.join('')}</table>`;
}

function round(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toFixed(ms >= 10 ? 1 : 2);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
