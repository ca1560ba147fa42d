import { compareMetric, type MetricComparison } from '#experimentation/analysis/compare-metric.js';
import { ratioMoments } from '#experimentation/statistics/moments.js';
import { detectableEffect } from '#experimentation/statistics/power.js';
import type { UnitSums } from '#experimentation/statistics/unit-sums.js';
import { Random } from '../simulate/random.js';
import {
  simulatedMetrics,
  VALUES_PER_UNIT,
  type SimulatedMetric,
  type UnitPool,
} from './unit-pool.js';

export interface Layout {
  readonly name: string;
  /** Of the arms, the control first. */
  readonly weights: readonly number[];
}

export const layouts: readonly Layout[] = [
  { name: '50/50', weights: [1, 1] },
  { name: '90/10', weights: [9, 1] },
  { name: 'three arms', weights: [1, 1, 1] },
];

export const ALPHA = 0.05;
export const POWER = 0.8;
export const LOOKS = 40;
export const UNITS_PER_LOOK = 200;
const UNITS_PLANNED = LOOKS * UNITS_PER_LOOK;

/** What happened in the experiments of a cell, as counts of experiments. */
export interface Counts {
  experiments: number;
  /** Without an effect: significant at one look at least. */
  everAlwaysValid: number;
  everFixed: number;
  /** Without an effect: the intervals of all arms hold the truth. */
  fixedCoveredAtEnd: number;
  alwaysValidCoveredAtEnd: number;
  alwaysValidCoveredThroughout: number;
  /** With the planned effect: the same for its lift, at every look. */
  liftCoveredThroughout: number;
  /** With the effect planned for a fixed horizon, and for always-valid intervals. */
  fixedFoundAtEnd: number;
  alwaysValidFoundAtEnd: number;
  alwaysValidFoundByEnd: number;
  /** Sum over experiments that found it: the share of the planned units they needed. */
  shareNeeded: number;
}

/** What is planned for a metric under a layout, from the pool's own variance. */
interface Plan {
  readonly tuningUnits: number;
  readonly fixedEffect: number;
  readonly alwaysValidEffect: number;
  readonly truth: number;
}

/** Experiments of one metric under one layout. */
export interface Cell {
  readonly metric: SimulatedMetric;
  readonly layout: Layout;
  /** Where in a unit's values the metric's two are. */
  readonly valuesFrom: number;
  readonly plan: Plan;
  readonly counts: Counts;
}

/** The sums of one metric in one arm, as they grow. */
type Sums = { -readonly [Key in keyof UnitSums]: UnitSums[Key] };

/**
 * Experiments without an effect whose units are drawn from the pool, so that the truth is known to
 * the last digit. Each is looked at after every batch, by the code that judges real ones. An effect
 * needs no draws of its own: it is added to the first treatment's sums.
 */
export class ExperimentSimulator {
  readonly cells: readonly Cell[];
  private readonly random: Random;

  constructor(
    private readonly pool: UnitPool,
    seed: number,
  ) {
    this.random = new Random(seed);
    this.cells = layouts.flatMap((layout) =>
      simulatedMetrics.map((metric, nth) => ({
        metric,
        layout,
        valuesFrom: 2 * nth,
        plan: planOf(pool.totals[metric], layout),
        counts: emptyCounts(),
      })),
    );
  }

  /** One more experiment of a cell. */
  run(cell: Cell): void {
    const arms = cell.layout.weights.map(() => emptySums());
    const watch = new Watch(cell.plan);
    for (let look = 1; look <= LOOKS; look += 1) {
      this.draw(arms, cell);
      watch.look(arms, look / LOOKS);
    }
    watch.addTo(cell.counts);
  }

  private draw(arms: readonly Sums[], { layout: { weights }, valuesFrom }: Cell): void {
    const { values, units } = this.pool;
    const total = sum(weights);
    for (let n = 0; n < UNITS_PER_LOOK; n += 1) {
      const arm = pickArm(weights, this.random.unit() * total);
      const at = this.random.below(units) * VALUES_PER_UNIT + valuesFrom;
      addUnit(arms[arm]!, values[at]!, values[at + 1]!);
    }
  }
}

/** One experiment through its looks. */
class Watch {
  private everAlwaysValid = false;
  private everFixed = false;
  private missed = false;
  private missedLift = false;
  private foundAtShare: number | null = null;
  private atEnd: readonly MetricComparison[] = [];
  private atEndFixedEffect: readonly MetricComparison[] = [];
  private isFoundAtEnd = false;

  constructor(private readonly plan: Plan) {}

  /** @param share Of the planned units that are in, (0, 1]. */
  look(arms: readonly UnitSums[], share: number): void {
    const { plan } = this;
    const nothing = compare(arms, plan.tuningUnits);
    this.everAlwaysValid ||= nothing.some((one) => isFound(one, 'alwaysValid'));
    this.everFixed ||= nothing.some((one) => isFound(one, 'fixed'));
    this.missed ||= !nothing.every((one) => holds(one, 'alwaysValid', 0));
    const effect = compare(withEffect(arms, plan.alwaysValidEffect), plan.tuningUnits);
    const [first] = effect;
    this.isFoundAtEnd = first !== undefined && isFound(first, 'alwaysValid');
    if (this.isFoundAtEnd) this.foundAtShare ??= share;
    const lift = plan.alwaysValidEffect / plan.truth;
    this.missedLift ||= !effect.every((one, arm) => holdsLift(one, arm === 0 ? lift : 0));
    if (share < 1) return;
    this.atEnd = nothing;
    this.atEndFixedEffect = compare(withEffect(arms, plan.fixedEffect), plan.tuningUnits);
  }

  addTo(counts: Counts): void {
    const [first] = this.atEndFixedEffect;
    counts.experiments += 1;
    counts.everAlwaysValid += Number(this.everAlwaysValid);
    counts.everFixed += Number(this.everFixed);
    counts.fixedCoveredAtEnd += Number(this.atEnd.every((one) => holds(one, 'fixed', 0)));
    counts.alwaysValidCoveredAtEnd += Number(
      this.atEnd.every((one) => holds(one, 'alwaysValid', 0)),
    );
    counts.alwaysValidCoveredThroughout += Number(!this.missed);
    counts.liftCoveredThroughout += Number(!this.missedLift);
    counts.fixedFoundAtEnd += Number(first !== undefined && isFound(first, 'fixed'));
    counts.alwaysValidFoundAtEnd += Number(this.isFoundAtEnd);
    counts.alwaysValidFoundByEnd += Number(this.foundAtShare !== null);
    counts.shareNeeded += this.foundAtShare ?? 0;
  }
}

function compare([control, ...treatments]: readonly UnitSums[], tuningUnits: number) {
  return compareMetric(
    { control: control!, treatments: treatments.map((sums) => ({ armId: '', sums })) },
    { alpha: ALPHA, tuningUnits },
  );
}

function isFound({ corrected }: MetricComparison, kind: 'fixed' | 'alwaysValid'): boolean {
  return corrected !== null && corrected[kind] < ALPHA;
}

/** Where there is no interval, nothing was ruled out. */
function holds({ absolute }: MetricComparison, kind: 'fixed' | 'alwaysValid', truth: number) {
  if (absolute.kind === 'insufficient') return true;
  return absolute[kind].low <= truth && truth <= absolute[kind].high;
}

function holdsLift({ relative }: MetricComparison, truth: number): boolean {
  if (relative.kind === 'insufficient') return true;
  return relative.alwaysValid.low <= truth && truth <= relative.alwaysValid.high;
}

function planOf(totals: UnitSums, { weights }: Layout): Plan {
  const { rawMean, variance } = ratioMoments(totals, 0);
  const two = weights[0]! + weights[1]!;
  const units = (UNITS_PLANNED * two) / sum(weights);
  const plan = {
    variance,
    treatmentShare: weights[1]! / two,
    alpha: ALPHA / (weights.length - 1),
  };
  return {
    tuningUnits: units,
    truth: rawMean,
    fixedEffect: detectableEffect(units, POWER, { ...plan, tuningUnits: null }),
    alwaysValidEffect: detectableEffect(units, POWER, { ...plan, tuningUnits: units }),
  };
}

/** Every decision of the first treatment is worth so much more: its ratio grows by just that. */
function withEffect(arms: readonly UnitSums[], effect: number): UnitSums[] {
  return arms.map((sums, arm) => (arm === 1 ? shift(sums, effect) : sums));
}

export function shift(sums: UnitSums, effect: number): UnitSums {
  const { numerator, numeratorSquares, denominator, denominatorSquares, products } = sums;
  return {
    ...sums,
    numerator: numerator + effect * denominator,
    numeratorSquares: numeratorSquares + 2 * effect * products + effect ** 2 * denominatorSquares,
    products: products + effect * denominatorSquares,
  };
}

export function emptyCounts(): Counts {
  return {
    experiments: 0,
    everAlwaysValid: 0,
    everFixed: 0,
    fixedCoveredAtEnd: 0,
    alwaysValidCoveredAtEnd: 0,
    alwaysValidCoveredThroughout: 0,
    liftCoveredThroughout: 0,
    fixedFoundAtEnd: 0,
    alwaysValidFoundAtEnd: 0,
    alwaysValidFoundByEnd: 0,
    shareNeeded: 0,
  };
}

function emptySums(): Sums {
  return {
    units: 0,
    numerator: 0,
    numeratorSquares: 0,
    denominator: 0,
    denominatorSquares: 0,
    products: 0,
    covariate: null,
  };
}

function addUnit(sums: Sums, numerator: number, denominator: number): void {
  sums.units += 1;
  sums.numerator += numerator;
  sums.numeratorSquares += numerator * numerator;
  sums.denominator += denominator;
  sums.denominatorSquares += denominator * denominator;
  sums.products += numerator * denominator;
}

/** @param point In [0, the sum of the weights). */
export function pickArm(weights: readonly number[], point: number): number {
  let rest = point;
  for (let arm = 0; arm < weights.length; arm += 1) {
    rest -= weights[arm]!;
    if (rest < 0) return arm;
  }
  return weights.length - 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
