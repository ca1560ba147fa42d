import { percent, whole } from '../cli/format-number.js';
import {
  ALPHA,
  LOOKS,
  POWER,
  UNITS_PER_LOOK,
  emptyCounts,
  type Cell,
  type Counts,
} from './simulate-experiments.js';
import {
  SAMPLE_RATIO_ALPHA,
  SAMPLE_RATIO_LOOKS,
  SAMPLE_RATIO_UNITS,
  type SampleRatioCell,
} from './simulate-sample-ratio.js';

export interface ExperimentsResult {
  readonly experiments: number;
  readonly seed: number;
  readonly cells: readonly Cell[];
  readonly sampleRatio: readonly SampleRatioCell[];
}

/**
 * The figures of `--json`: shares of experiments in [0, 1]. Those of the always-valid method, over
 * all experiments: significant at one look at least without an effect, an interval that holds the
 * truth at every look, and the planned effect found at some look.
 */
export function toJson({ experiments, seed, cells, sampleRatio }: ExperimentsResult): object {
  const all = total(cells.map(({ counts }) => counts));
  const sound = sampleRatio.filter(({ lostShare }) => lostShare === 0);
  const falseAlarms = sound.reduce((sum, { sequentialEver }) => sum + sequentialEver, 0);
  return {
    experiments,
    aaEverSignificant: share(all, 'everAlwaysValid'),
    coverage95: share(all, 'alwaysValidCoveredThroughout'),
    power: share(all, 'alwaysValidFoundByEnd'),
    srmFalseAlarm: round(falseAlarms / sound.reduce((sum, cell) => sum + cell.experiments, 0)),
    seed,
    looks: LOOKS,
    unitsPerLook: UNITS_PER_LOOK,
    cells: cells.map(({ metric, layout, counts }) => ({
      metric,
      layout: layout.name,
      experiments: counts.experiments,
      ...sharesOf(counts),
    })),
    sampleRatio,
  };
}

export function printExperiments(result: ExperimentsResult): void {
  const { experiments, seed, cells, sampleRatio } = result;
  console.log(
    `${whole(experiments)} experiments of ${whole(LOOKS * UNITS_PER_LOOK)} units, seed ${seed}, ` +
      `looked at ${LOOKS} times, at a level of ${percent(ALPHA, 0)}\n`,
  );
  const head = (...groups: readonly string[]): void =>
    console.log(['', ...groups].map((group, nth) => group.padEnd(nth === 0 ? 26 : 0)).join(''));
  head('     no effect, ever         truth in the interval       planned effect found');
  head(
    '    always    fixed      end      end   always     lift      end      end   by end   needs',
  );
  head('     valid             fixed    valid    valid    valid    fixed    valid    valid');
  for (const { layout, metric, counts } of cells) {
    console.log(cellRow(`${layout.name.padEnd(12)}${metric}`, counts));
  }
  console.log(cellRow('all', total(cells.map(({ counts }) => counts))));
  console.log(`\nplanned for ${percent(POWER, 0)}; units: the share of the planned ones needed`);
  console.log(
    `\nsample ratio: ${whole(SAMPLE_RATIO_UNITS)} units, ${SAMPLE_RATIO_LOOKS} looks, ` +
      `alarm below ${SAMPLE_RATIO_ALPHA}`,
  );
  console.log('layout        units lost   fixed, end  fixed, ever   sequential');
  for (const cell of sampleRatio) console.log(ratioRow(cell));
}

function cellRow(name: string, counts: Counts): string {
  const { shareNeeded, ...shares } = sharesOf(counts);
  return [
    name.padEnd(26),
    ...Object.values(shares).map((value) => percent(value, 1).padStart(9)),
    percent(shareNeeded, 0).padStart(8),
  ].join('');
}

function ratioRow(cell: SampleRatioCell): string {
  const { layout, lostShare, experiments, fixedAtEnd, fixedEver, sequentialEver } = cell;
  return [
    layout.padEnd(12),
    percent(lostShare, 0).padStart(12),
    ...[fixedAtEnd, fixedEver, sequentialEver].map((count) =>
      percent(count / experiments).padStart(13),
    ),
  ].join('');
}

/** In the order of the table's columns. */
function sharesOf(counts: Counts) {
  return {
    everAlwaysValid: share(counts, 'everAlwaysValid'),
    everFixed: share(counts, 'everFixed'),
    fixedCoveredAtEnd: share(counts, 'fixedCoveredAtEnd'),
    alwaysValidCoveredAtEnd: share(counts, 'alwaysValidCoveredAtEnd'),
    alwaysValidCoveredThroughout: share(counts, 'alwaysValidCoveredThroughout'),
    liftCoveredThroughout: share(counts, 'liftCoveredThroughout'),
    fixedFoundAtEnd: share(counts, 'fixedFoundAtEnd'),
    alwaysValidFoundAtEnd: share(counts, 'alwaysValidFoundAtEnd'),
    alwaysValidFoundByEnd: share(counts, 'alwaysValidFoundByEnd'),
    shareNeeded: round(counts.shareNeeded / counts.alwaysValidFoundByEnd),
  };
}

function share(counts: Counts, count: keyof Counts): number {
  return round(counts[count] / counts.experiments);
}

function total(all: readonly Counts[]): Counts {
  const sum = emptyCounts();
  for (const counts of all) {
    for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
  }
  return sum;
}

function round(value: number): number {
  return Math.round(value * 100_000) / 100_000;
}
