import { whole } from '../cli/format-number.js';
import type { LoadFigures } from '../load/recorder.js';
import type { IngestOptions } from './ingest.js';
import type { LogSample } from './log-watch.js';
import { machineLine, type Machine } from './machine.js';
import { median, medianInterval } from './spread.js';

/** Windows beside each other in time. */
export interface Pair {
  readonly running: LoadFigures;
  readonly stopped: LoadFigures;
}

export interface IngestResult {
  readonly options: IngestOptions;
  readonly pairs: readonly Pair[];
  /** How old the newest stored record was, again and again while the consumer ran. */
  readonly lagMs: readonly number[];
  /** In the journal, and so in the database. */
  readonly records: number;
  /** Of storing all of them anew. */
  readonly samples: readonly LogSample[];
  /** Whether the consumer and PostgreSQL take only what the others leave of the cores. */
  readonly isIdleGroup: boolean;
  readonly machine: Machine;
  readonly postgresVersion: string;
}

/** The first part warms up, the last is a batch that is not full. */
const STEADY_FROM = 0.2;
const STEADY_TO = 0.95;
const STEADY_PARTS = 5;
const MS_PER_SECOND = 1_000;

/**
 * How fast records were stored, a second, in equal parts of the steady middle.
 *
 * @param samples Ascending in time and sequence.
 */
export function steadyRates(samples: readonly LogSample[]): number[] {
  const last = samples.at(-1)?.sequence ?? 0;
  const at = (share: number): number => timeOf(samples, share * last);
  const width = (STEADY_TO - STEADY_FROM) / STEADY_PARTS;
  return Array.from({ length: STEADY_PARTS }, (_, part) => {
    const from = STEADY_FROM + part * width;
    return (width * last * MS_PER_SECOND) / (at(from + width) - at(from));
  });
}

/** When that many records were stored, between two samples in proportion. */
function timeOf(samples: readonly LogSample[], sequence: number): number {
  const index = samples.findIndex((sample) => sample.sequence >= sequence);
  const after = samples[index];
  const before = samples[index - 1];
  if (after === undefined) return Number.NaN;
  if (before === undefined) return after.atMs;
  const share = (sequence - before.sequence) / (after.sequence - before.sequence);
  return before.atMs + share * (after.atMs - before.atMs);
}

/** The value below which this share lies; the largest for 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function p99Of({ latencyMs }: LoadFigures): number {
  return latencyMs.p99;
}

/** By pair: how much slower the slowest hundredth is with the consumer running. */
function deltas(pairs: readonly Pair[]): number[] {
  return pairs.map(({ running, stopped }) => p99Of(running) - p99Of(stopped));
}

/** The figures of `--json`: times in ms, the lag as its 99th percentile. */
export function toJson(result: IngestResult): object {
  const { options, pairs, lagMs, records, samples, machine } = result;
  const rates = steadyRates(samples);
  const sides = (['running', 'stopped'] as const).map((side) => {
    const figures = pairs.map((pair) => pair[side]);
    return [
      side,
      {
        p50Ms: round(median(figures.map(({ latencyMs }) => latencyMs.p50))),
        p99Ms: round(median(figures.map(p99Of))),
        p999Ms: round(median(figures.map(({ latencyMs }) => latencyMs.p999))),
        failed: figures.reduce((sum, { failed, dropped }) => sum + failed + dropped, 0),
        degraded: figures.reduce((sum, { degraded }) => sum + degraded, 0),
      },
    ] as const;
  });
  return {
    rowsPerSecond: Math.round(median(rates)),
    [`lagMsAt${options.rate}`]: Math.round(quantile(lagMs, 0.99)),
    pathP99DeltaMs: round(median(deltas(pairs))),
    rows: { records, rates: rates.map(Math.round) },
    lagMs: { p50: Math.round(median(lagMs)), max: Math.round(quantile(lagMs, 1)) },
    path: {
      rate: options.rate,
      deltasMs: deltas(pairs).map(round),
      deltaRangeMs: medianInterval(deltas(pairs))?.map(round) ?? null,
      ...Object.fromEntries(sides),
    },
    idleGroup: result.isIdleGroup,
    machine,
    postgresVersion: result.postgresVersion,
  };
}

export function printIngest(result: IngestResult): void {
  const { options, pairs, lagMs, records, samples, machine } = result;
  const rates = steadyRates(samples);
  const interval = medianInterval(deltas(pairs))?.map((ms) => ms.toFixed(2)) ?? null;
  const range = interval === null ? '' : ` (95 % within ${interval.join(' and ')})`;
  console.log(machineLine(machine));
  console.log(`PostgreSQL ${result.postgresVersion}; all share them: generator, Redis, services`);
  console.log(
    result.isIdleGroup
      ? 'the consumer and PostgreSQL take what the others leave of the cores (cpu.idle)\n'
      : 'no control group can be made here: PostgreSQL competes for the cores as an equal\n',
  );
  console.log(`open loop, ${whole(options.rate)}/s, windows of ${options.windowSeconds} s in turn`);
  console.log('consumer        p50 ms    p99 ms  p99.9 ms    failed  degraded');
  for (const side of ['running', 'stopped'] as const) {
    console.log(
      sideRow(
        side,
        pairs.map((pair) => pair[side]),
      ),
    );
  }
  console.log(`p99, running less stopped: ${median(deltas(pairs)).toFixed(2)} ms${range}`);
  console.log(
    `by pair       ${deltas(pairs)
      .map((delta) => delta.toFixed(2))
      .join('  ')}\n`,
  );
  console.log(
    `age of the newest stored decision: median ${whole(median(lagMs))} ms, ` +
      `p99 ${whole(quantile(lagMs, 0.99))} ms, most ${whole(quantile(lagMs, 1))} ms\n`,
  );
  console.log(`stored anew: ${whole(records)} decisions, ${whole(median(rates))} a second`);
  console.log(`by part       ${rates.map(whole).join('  ')}`);
}

function sideRow(name: string, figures: readonly LoadFigures[]): string {
  const middle = (of: (one: LoadFigures) => number): string =>
    median(figures.map(of)).toFixed(2).padStart(10);
  const sum = (of: (one: LoadFigures) => number): string =>
    whole(figures.reduce((total, one) => total + of(one), 0)).padStart(10);
  return [
    name.padEnd(12),
    middle(({ latencyMs }) => latencyMs.p50),
    middle(p99Of),
    middle(({ latencyMs }) => latencyMs.p999),
    sum(({ failed, dropped }) => failed + dropped),
    sum(({ degraded }) => degraded),
  ].join('');
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
