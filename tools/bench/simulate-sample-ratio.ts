import {
  sampleRatioPValue,
  sequentialSampleRatioPValue,
} from '#experimentation/statistics/sample-ratio.js';
import { Random } from '../simulate/random.js';
import type { Layout } from './simulate-experiments.js';

/** Below this an experiment is judged broken, as by `analyseExperiment`. */
export const SAMPLE_RATIO_ALPHA = 0.001;
export const SAMPLE_RATIO_LOOKS = 40;
export const SAMPLE_RATIO_UNITS = 200_000;
const UINT32_COUNT = 0x1_0000_0000;

/** What the checks said about experiments of one kind, as counts of experiments. */
export interface SampleRatioCell {
  readonly layout: string;
  /** Of the first treatment's units, those that are lost, [0, 1]: 0 is a sound experiment. */
  readonly lostShare: number;
  readonly experiments: number;
  readonly fixedAtEnd: number;
  readonly fixedEver: number;
  readonly sequentialEver: number;
}

/** Units that fall into arms by weight, counted and checked after every batch. */
export function simulateSampleRatio(
  { name, weights }: Layout,
  lostShare: number,
  { experiments, seed }: { readonly experiments: number; readonly seed: number },
): SampleRatioCell {
  const random = new Random(seed);
  const found = { fixedAtEnd: 0, fixedEver: 0, sequentialEver: 0 };
  for (let nth = 0; nth < experiments; nth += 1) {
    const counts = weights.map(() => 0);
    let lowest = 1;
    let isFixedEver = false;
    let isFixedAtEnd = false;
    for (let look = 0; look < SAMPLE_RATIO_LOOKS; look += 1) {
      drawUnits(counts, { weights, lostShare, random });
      const arms = counts.map((units, arm) => ({ units, weight: weights[arm]! }));
      lowest = sequentialSampleRatioPValue(arms, lowest);
      isFixedAtEnd = sampleRatioPValue(arms) < SAMPLE_RATIO_ALPHA;
      isFixedEver ||= isFixedAtEnd;
    }
    found.fixedAtEnd += Number(isFixedAtEnd);
    found.fixedEver += Number(isFixedEver);
    found.sequentialEver += Number(lowest < SAMPLE_RATIO_ALPHA);
  }
  return { layout: name, lostShare, experiments, ...found };
}

interface Draw {
  readonly weights: readonly number[];
  readonly lostShare: number;
  readonly random: Random;
}

/** One random number a unit, against where the arms end; lost units end up nowhere. */
function drawUnits(counts: number[], { weights, lostShare, random }: Draw): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // The first treatment last, so that what it loses lies behind everything.
  const order = [...weights.keys()].filter((arm) => arm !== 1).concat(1);
  let share = 0;
  const ends = order.map((arm) => {
    share += (weights[arm]! / total) * (arm === 1 ? 1 - lostShare : 1);
    return Math.round(share * UINT32_COUNT);
  });
  const drawn = ends.map(() => 0);
  for (let unit = 0; unit < SAMPLE_RATIO_UNITS / SAMPLE_RATIO_LOOKS; unit += 1) {
    const point = random.uint32();
    let nth = 0;
    while (nth < ends.length && point >= ends[nth]!) nth += 1;
    if (nth < ends.length) drawn[nth]! += 1;
  }
  for (const [nth, arm] of order.entries()) counts[arm]! += drawn[nth]!;
}
