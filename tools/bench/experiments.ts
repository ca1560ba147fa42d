import { Progress } from '../cli/progress.js';
import { printExperiments, toJson } from './experiments-report.js';
import { ExperimentSimulator, layouts } from './simulate-experiments.js';
import { simulateSampleRatio, type SampleRatioCell } from './simulate-sample-ratio.js';
import { makeUnitPool } from './unit-pool.js';

export interface ExperimentsOptions {
  /** Experiments in all, of every metric under every layout in turn. */
  readonly experiments: number;
  readonly seed: number;
  readonly json: boolean;
}

const POOL_UNITS = 200_000;
const LOST_SHARES = [0.01, 0.05] as const;
/** Broken experiments of each kind: power needs fewer than false alarms of one in a thousand. */
const BROKEN_SHARE = 0.05;
const PROGRESS_EVERY = 50;

/**
 * Simulates experiments and judges them with the code that judges real ones: how often nothing is
 * taken for something, whether intervals hold the truth, and how often a planned effect is found.
 */
export function runExperimentsBench(options: ExperimentsOptions): void {
  const { experiments, seed } = options;
  const progress = new Progress({ label: 'bench experiments', total: experiments });
  const simulator = new ExperimentSimulator(makeUnitPool(POOL_UNITS, seed), seed + 1);
  for (let nth = 0; nth < experiments; nth += 1) {
    simulator.run(simulator.cells[nth % simulator.cells.length]!);
    if (nth % PROGRESS_EVERY === 0) progress.update(nth, () => `${nth} experiments`);
  }
  const sampleRatio = checkSampleRatio(options);
  progress.finish(experiments, 'done');
  const result = { experiments, seed, cells: simulator.cells, sampleRatio };
  if (options.json) console.log(JSON.stringify(toJson(result)));
  else printExperiments(result);
}

function checkSampleRatio({ experiments, seed }: ExperimentsOptions): SampleRatioCell[] {
  const sound = Math.ceil(experiments / layouts.length);
  const broken = Math.ceil(experiments * BROKEN_SHARE);
  return layouts.flatMap((layout, nth) =>
    [0, ...LOST_SHARES].map((lostShare, kind) =>
      simulateSampleRatio(layout, lostShare, {
        experiments: lostShare === 0 ? sound : broken,
        seed: seed + 2 + nth * layouts.length + kind,
      }),
    ),
  );
}
