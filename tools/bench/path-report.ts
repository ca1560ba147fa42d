import { percent, whole } from '../cli/format-number.js';
import type { ClosedLoopFigures } from '../load/closed-loop.js';
import type { LoadFigures } from '../load/recorder.js';
import { machineLine, type Machine } from './machine.js';
import type { PathOptions } from './path.js';
import { median, spread } from './spread.js';

export interface PathResult {
  readonly options: PathOptions;
  readonly rounds: {
    readonly product: readonly ClosedLoopFigures[];
    readonly floor: readonly ClosedLoopFigures[];
  };
  readonly openLoop: LoadFigures;
  readonly rssMb: number;
  readonly floorRssMb: number;
  readonly machine: Machine;
  readonly redisVersion: string;
}

/** The figures of `--json`: rates in requests a second, rounded as far as they repeat. */
export function toJson({ rounds, openLoop, options, rssMb }: PathResult): object {
  const productRps = median(rounds.product.map(rateOf));
  const floorRps = median(rounds.floor.map(rateOf));
  return {
    productRps: Math.round(productRps),
    floorRps: Math.round(floorRps),
    ratio: Number((productRps / floorRps).toFixed(3)),
    openLoop: {
      rate: options.rate,
      p50Ms: openLoop.latencyMs.p50,
      p99Ms: openLoop.latencyMs.p99,
      p999Ms: openLoop.latencyMs.p999,
      failed: openLoop.failed + openLoop.dropped,
      degraded: openLoop.degraded,
    },
    rssMb: Math.round(rssMb),
  };
}

export function printPath(result: PathResult): void {
  const { rounds, openLoop, options, machine } = result;
  const product = rounds.product.map(rateOf);
  const floor = rounds.floor.map(rateOf);
  console.log(machineLine(machine));
  console.log(`Redis ${result.redisVersion}; generator, Redis and service share the machine\n`);
  const { rounds: count, roundSeconds, concurrency } = options;
  console.log(
    `closed loop, ${concurrency} requests under way, ${count} rounds of ${roundSeconds} s in turn`,
  );
  console.log('              requests/s   spread   failed  degraded   peak MB');
  console.log(row('decision-api', rounds.product, result.rssMb));
  console.log(row('floor', rounds.floor, result.floorRssMb));
  console.log(`ratio         ${(median(product) / median(floor)).toFixed(3).padStart(10)}`);
  console.log(`by round      ${pairwise(product, floor)}\n`);
  const { latencyMs, latenessMs, failed, degraded, dropped } = openLoop;
  console.log(`open loop, ${whole(options.rate)}/s for ${options.openSeconds} s`);
  console.log(
    `p50 ${ms(latencyMs.p50)}  p99 ${ms(latencyMs.p99)}  p99.9 ${ms(latencyMs.p999)}  ` +
      `slowest ${ms(latencyMs.max)}`,
  );
  console.log(
    `${whole(openLoop.completed)} answered, ${whole(failed)} failed, ${whole(degraded)} degraded, ` +
      `${whole(dropped)} dropped; the generator itself was late by ${ms(latenessMs.p99)} at p99`,
  );
}

function row(name: string, rounds: readonly ClosedLoopFigures[], rssMb: number): string {
  const rates = rounds.map(rateOf);
  const sum = (of: (figures: ClosedLoopFigures) => number): number =>
    rounds.reduce((total, figures) => total + of(figures), 0);
  return [
    name.padEnd(14),
    whole(median(rates)).padStart(10),
    `±${percent(spread(rates), 1)}`.padStart(9),
    whole(sum(({ failed }) => failed)).padStart(9),
    whole(sum(({ degraded }) => degraded)).padStart(10),
    whole(rssMb).padStart(10),
  ].join('');
}

/**
 * Drift of the machine hits both sides of a round alike, so the rounds' own ratios show how sure
 * the ratio is.
 */
function pairwise(product: readonly number[], floor: readonly number[]): string {
  return product
    .map((rate, round) => (rate / (floor[round] ?? Number.NaN)).toFixed(3).padStart(7))
    .join(' ');
}

function rateOf({ requestsPerSecond }: ClosedLoopFigures): number {
  return requestsPerSecond;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
