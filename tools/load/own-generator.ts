import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { describeMachine } from '../bench/machine.js';
import { whole } from '../cli/format-number.js';
import { Progress } from '../cli/progress.js';
import { htmlReport, type LoadRun } from './html-report.js';
import { runOpenLoop } from './open-loop.js';
import { payloadMaker, payloadWorld } from './payload.js';
import { secondsOf } from './rescale.js';
import type { Scenario } from './scenario.js';
import type { Target } from './target.js';
import { judge } from './verdict.js';

export interface LoadJob {
  readonly name: string;
  readonly scenario: Scenario;
  readonly url: string;
  readonly target: Target;
}

const SEED = 1;
const REPORTS = 'load-tests/reports';
const RESULTS_FILE = 'load-tests/results/runs.jsonl';

/**
 * Runs a scenario, writes its report and one line of results; true when every threshold was kept.
 */
export async function runWithOwnGenerator(job: LoadJob): Promise<boolean> {
  const { name, scenario, url, target } = job;
  const startedAt = new Date();
  const totalMs = secondsOf(scenario.stages) * 1_000;
  const progress = new Progress({ label: name, total: Math.ceil(totalMs) });
  const figures = await runOpenLoop({
    target,
    stages: scenario.stages,
    nextBody: payloadMaker({
      world: payloadWorld(SEED),
      seed: SEED,
      runId: runIdOf(startedAt),
      hotCardShare: scenario.hotCardShare,
    }),
    onProgress: (elapsedMs, recorder) =>
      progress.update(
        Math.min(elapsedMs, totalMs),
        () =>
          `${whole(recorder.completed)} answered, p99 ${recorder.p99Ms().toFixed(1)} ms, ` +
          `${recorder.failed} failed, ${recorder.dropped} dropped`,
      ),
  });
  progress.finish(totalMs, `${whole(figures.completed)} answered`);
  const thresholds = judge(figures, scenario.thresholds);
  const machine = await describeMachine();
  const run: LoadRun = { name, scenario, url, startedAt, machine, figures, thresholds };
  const report = await writeReport(run);
  await appendResult({ generator: 'own', ...summaryOf(run) });
  print(run, report);
  return thresholds.every((threshold) => threshold.passed);
}

export function runIdOf(startedAt: Date): string {
  return `l${startedAt.getTime().toString(36)}`;
}

export function reportPath(name: string, startedAt: Date): string {
  return `${REPORTS}/${startedAt.toISOString().replaceAll(':', '').slice(0, 17)}Z-${name}.html`;
}

export async function appendResult(result: object): Promise<void> {
  await mkdir('load-tests/results', { recursive: true });
  await appendFile(RESULTS_FILE, `${JSON.stringify(result)}\n`);
}

async function writeReport(run: LoadRun): Promise<string> {
  const path = reportPath(run.name, run.startedAt);
  await mkdir(REPORTS, { recursive: true });
  await writeFile(path, htmlReport(run));
  return path;
}

/** The run without its second-by-second part. */
function summaryOf({ name, startedAt, machine, scenario, figures, thresholds }: LoadRun): object {
  const { due, completed, failed, degraded, dropped, statuses, latencyMs, latenessMs } = figures;
  return {
    scenario: name,
    startedAt: startedAt.toISOString(),
    machine,
    stages: scenario.stages,
    due,
    completed,
    failed,
    degraded,
    dropped,
    statuses,
    latencyMs,
    latenessMs,
    passed: thresholds.every((threshold) => threshold.passed),
  };
}

function print({ figures, thresholds }: LoadRun, report: string): void {
  const { latencyMs, completed, failed, degraded, dropped } = figures;
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  console.log(
    `${whole(completed)} answered, ${whole(failed)} failed, ${whole(degraded)} degraded, ${whole(dropped)} dropped`,
  );
  console.log(
    `median ${ms(latencyMs.p50)}, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs.p999)}, ` +
      `slowest ${ms(latencyMs.max)}`,
  );
  for (const { name, limit, measured, passed } of thresholds) {
    console.log(`${passed ? 'kept  ' : 'BROKEN'}  ${name} ${limit}: ${measured}`);
  }
  console.log(`report: ${report}`);
}
