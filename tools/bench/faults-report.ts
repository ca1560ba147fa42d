import { whole } from '../cli/format-number.js';
import type { LoadFigures } from '../load/recorder.js';
import type { FaultsOptions } from './faults.js';
import { machineLine, type Machine } from './machine.js';

export interface Phase {
  readonly name: 'before' | 'meanwhile' | 'after';
  readonly figures: LoadFigures;
}

export interface FaultResult {
  readonly fault: string;
  readonly phases: readonly Phase[];
  /** Whole seconds after the fault was mended until no decision was degraded any more. */
  readonly degradedSecondsAfter: number;
}

export interface FaultsEnvironment {
  readonly options: FaultsOptions;
  readonly machine: Machine;
  readonly redisVersion: string;
}

/** 50 ms of the deadline, and 10 ms that a generator on the same machine may be late itself. */
const ANSWER_MS_MAX = 60;

/** The figures of `--json`: times in ms from when a request was due. */
export function toJson(
  results: readonly FaultResult[],
  { options, machine, redisVersion }: FaultsEnvironment,
): object {
  return {
    machine,
    redisVersion,
    rate: options.rate,
    outageSeconds: options.outageSeconds,
    barP999Ms: ANSWER_MS_MAX,
    kept: results.every(isKept),
    faults: results.map(({ fault, phases, degradedSecondsAfter }) => ({
      fault,
      degradedSecondsAfter,
      phases: phases.map(({ name, figures }) => ({
        phase: name,
        due: figures.due,
        p50Ms: figures.latencyMs.p50,
        p99Ms: figures.latencyMs.p99,
        p999Ms: figures.latencyMs.p999,
        maxMs: figures.latencyMs.max,
        failed: figures.failed,
        unanswered: unansweredOf(figures),
        degraded: figures.degraded,
        generatorLateP99Ms: figures.latenessMs.p99,
      })),
    })),
  };
}

export function printFaults(results: readonly FaultResult[], environment: FaultsEnvironment): void {
  const { options, machine, redisVersion } = environment;
  console.log(machineLine(machine));
  console.log(`Redis ${redisVersion}; generator, Redis and service share the machine`);
  console.log(`open loop, ${whole(options.rate)}/s; Redis away for ${options.outageSeconds} s\n`);
  console.log(
    'Redis                   phase          due     p50     p99   p99.9     max  failed  no reply  degraded',
  );
  for (const { fault, phases } of results) {
    phases.forEach((phase, index) => console.log(row(index === 0 ? fault : '', phase)));
  }
  console.log(
    '\ntimes in ms from when a request was due; degraded decisions after Redis was back:',
  );
  for (const { fault, degradedSecondsAfter } of results) {
    console.log(`${fault.padEnd(24)}${lastsText(degradedSecondsAfter)}`);
  }
  const verdict = results.every(isKept) ? 'kept' : 'BROKEN';
  console.log(`\n${verdict}: all answered with a decision, p99.9 at most ${ANSWER_MS_MAX} ms`);
}

function row(fault: string, { name, figures }: Phase): string {
  const { latencyMs, due, failed, degraded } = figures;
  return [
    fault.padEnd(24),
    name.padEnd(10),
    whole(due).padStart(8),
    ...[latencyMs.p50, latencyMs.p99, latencyMs.p999, latencyMs.max].map((value) =>
      value.toFixed(1).padStart(8),
    ),
    whole(failed).padStart(8),
    whole(unansweredOf(figures)).padStart(10),
    whole(degraded).padStart(10),
  ].join('');
}

function lastsText(seconds: number): string {
  return seconds <= 0 ? 'none' : `until the end of second ${seconds}`;
}

function isKept({ phases }: FaultResult): boolean {
  return phases.every(
    ({ figures }) =>
      figures.failed === 0 && figures.dropped === 0 && figures.latencyMs.p999 <= ANSWER_MS_MAX,
  );
}

function unansweredOf({ statuses, dropped }: LoadFigures): number {
  return (statuses['no reply'] ?? 0) + dropped;
}
