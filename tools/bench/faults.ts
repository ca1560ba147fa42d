import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Progress } from '../cli/progress.js';
import type { LoadFigures } from '../load/recorder.js';
import { loopbackTarget, type Target } from '../load/target.js';
import { printFaults, toJson, type FaultResult, type Phase } from './faults-report.js';
import { Generator } from './generator.js';
import { describeMachine } from './machine.js';
import { startProduct } from './path-services.js';
import { PrivateRedis } from './private-redis.js';

export interface FaultsOptions {
  /** Requests a second, all the time. */
  readonly rate: number;
  readonly outageSeconds: number;
  readonly json: boolean;
}

interface Fault {
  readonly name: string;
  readonly strike: (redis: PrivateRedis) => Promise<void> | void;
  readonly mend: (redis: PrivateRedis) => Promise<void> | void;
}

interface Bench {
  readonly options: FaultsOptions;
  readonly redis: PrivateRedis;
  readonly generator: Generator;
  readonly target: Target;
  readonly progress: Progress;
}

const WARM_UP_SECONDS = 10;
const HEALTHY_SECONDS = 4;
/** Of the phase with the fault: before it strikes, and after it is mended. */
const LEAD_SECONDS = 1;
const RETURN_SECONDS = 4;
const MS_PER_SECOND = 1_000;

const faults: readonly Fault[] = [
  {
    name: 'killed (-9), restarted',
    strike: (redis) => redis.kill(),
    mend: (redis) => redis.restart({ empty: false }),
  },
  {
    name: 'paused (SIGSTOP)',
    strike: (redis) => redis.pause(),
    mend: (redis) => redis.resume(),
  },
  {
    name: 'restarted empty',
    strike: (redis) => redis.kill(),
    mend: (redis) => redis.restart({ empty: true }),
  },
];

/**
 * Fails Redis under a steady open loop, three ways, and measures what callers of decision-api see
 * before, meanwhile and afterwards, from the moment each request was due.
 */
export async function runFaultsBench(options: FaultsOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const redis = await PrivateRedis.start(folder, { persistent: true });
    stops.push(() => redis.stop());
    const generator = new Generator();
    stops.push(async () => generator.stop());
    const { service, key } = await startProduct(folder, redis.socket);
    stops.push(() => service.stop());
    const target = await loopbackTarget(`http://127.0.0.1:${service.port}`, key);
    const progress = new Progress({ label: 'bench faults', total: faults.length + 1 });
    const results = await measure({ options, redis, generator, target, progress });
    const environment = {
      options,
      machine: await describeMachine(),
      redisVersion: await redis.version(),
    };
    if (options.json) console.log(JSON.stringify(toJson(results, environment)));
    else printFaults(results, environment);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function measure(bench: Bench): Promise<FaultResult[]> {
  // V8 compiles the hot path only after thousands of runs.
  await load(bench, WARM_UP_SECONDS);
  const results: FaultResult[] = [];
  for (const fault of faults) {
    bench.progress.update(results.length + 1, () => fault.name);
    results.push(await strike(bench, fault));
  }
  bench.progress.finish(faults.length + 1, 'done');
  return results;
}

async function strike(bench: Bench, fault: Fault): Promise<FaultResult> {
  const { redis, options } = bench;
  const phases: Phase[] = [];
  phases.push({ name: 'before', figures: await load(bench, HEALTHY_SECONDS) });
  const seconds = LEAD_SECONDS + options.outageSeconds + RETURN_SECONDS;
  const [figures] = await Promise.all([
    load(bench, seconds),
    (async () => {
      await sleep(LEAD_SECONDS * MS_PER_SECOND);
      await fault.strike(redis);
      await sleep(options.outageSeconds * MS_PER_SECOND);
      await fault.mend(redis);
    })(),
  ]);
  phases.push({ name: 'meanwhile', figures });
  phases.push({ name: 'after', figures: await load(bench, HEALTHY_SECONDS) });
  const mendedSecond = LEAD_SECONDS + options.outageSeconds;
  return { fault: fault.name, phases, degradedSecondsAfter: lastDegraded(figures) - mendedSecond };
}

/** The end of the last second in which a decision was degraded. */
function lastDegraded({ timeline }: LoadFigures): number {
  const degraded = timeline.filter((point) => point.degraded > 0);
  return Math.max(0, ...degraded.map(({ second }) => second + 1));
}

let turns = 0;

function load({ generator, options, target }: Bench, seconds: number): Promise<LoadFigures> {
  turns += 1;
  const { rate } = options;
  return generator.openLoop({
    kind: 'open',
    target,
    seed: turns,
    runId: `f${process.pid}x${turns}`,
    stages: [{ seconds, fromRate: rate, toRate: rate }],
  });
}
