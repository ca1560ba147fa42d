import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Progress } from '../cli/progress.js';
import type { ClosedLoopFigures } from '../load/closed-loop.js';
import type { LoadFigures } from '../load/recorder.js';
import { loopbackTarget, type Target } from '../load/target.js';
import type { ChildService } from './child-service.js';
import { Generator } from './generator.js';
import { describeMachine } from './machine.js';
import { startFloor, startProduct } from './path-services.js';
import { printPath, toJson, type PathResult } from './path-report.js';
import { PrivateRedis } from './private-redis.js';

export interface PathOptions {
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Requests always under way in the closed loop. */
  readonly concurrency: number;
  /** Of the open loop, requests a second. */
  readonly rate: number;
  readonly openSeconds: number;
  readonly json: boolean;
}

interface Side {
  readonly service: ChildService;
  readonly target: Target;
}

interface Bench {
  readonly options: PathOptions;
  readonly redis: PrivateRedis;
  readonly generator: Generator;
  readonly product: Side;
  readonly floor: Side;
  readonly progress: Progress;
}

const WARM_UP_SECONDS = 5;
const SETTLE_MS = 1_000;
const MS_PER_SECOND = 1_000;

/**
 * Measures the whole decision path against the least that any Node service must do for it: both in
 * turn, round after round, with one generator and one Redis; then the product alone under an open
 * loop.
 */
export async function runPathBench(options: PathOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const redis = await PrivateRedis.start(folder);
    stops.push(() => redis.stop());
    const generator = new Generator();
    stops.push(async () => generator.stop());
    const product = await startProduct(folder, redis.socket);
    stops.push(() => product.service.stop());
    const floor = await startFloor(redis.socket);
    stops.push(() => floor.stop());
    const total = stepsOf(options);
    const result = await measure({
      options,
      redis,
      generator,
      product: { service: product.service, target: await targetOf(product.service, product.key) },
      floor: { service: floor, target: await targetOf(floor, null) },
      progress: new Progress({ label: 'bench path', total }),
    });
    if (options.json) console.log(JSON.stringify(toJson(result)));
    else printPath(result);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function measure(bench: Bench): Promise<PathResult> {
  const { options, product, floor, progress } = bench;
  const rounds = { product: [] as ClosedLoopFigures[], floor: [] as ClosedLoopFigures[] };
  let done = 0;
  const turn = async (name: 'product' | 'floor', seconds: number): Promise<ClosedLoopFigures> => {
    const figures = await closedTurn(bench, name === 'product' ? product : floor, seconds);
    done += 1;
    progress.update(done, () => `${name} ${Math.round(figures.requestsPerSecond)} requests/s`);
    return figures;
  };
  // V8 compiles the hot path only after thousands of runs; those count for neither.
  await turn('product', WARM_UP_SECONDS);
  await turn('floor', WARM_UP_SECONDS);
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.product.push(await turn('product', options.roundSeconds));
    rounds.floor.push(await turn('floor', options.roundSeconds));
  }
  const openLoop = await openTurn(bench);
  progress.finish(stepsOf(options), 'done');
  return {
    rounds,
    openLoop,
    options,
    rssMb: await product.service.peakResidentMb(),
    floorRssMb: await floor.service.peakResidentMb(),
    machine: await describeMachine(),
    redisVersion: await bench.redis.version(),
  };
}

let turns = 0;

async function closedTurn(bench: Bench, side: Side, seconds: number): Promise<ClosedLoopFigures> {
  await bench.redis.clear();
  turns += 1;
  return bench.generator.closedLoop({
    kind: 'closed',
    target: side.target,
    seed: turns,
    runId: `b${process.pid}x${turns}`,
    concurrency: bench.options.concurrency,
    warmUpMs: SETTLE_MS,
    measureMs: seconds * MS_PER_SECOND,
  });
}

async function openTurn(bench: Bench): Promise<LoadFigures> {
  const { rate, openSeconds } = bench.options;
  await bench.redis.clear();
  turns += 1;
  return bench.generator.openLoop({
    kind: 'open',
    target: bench.product.target,
    seed: turns,
    runId: `b${process.pid}x${turns}`,
    stages: [{ seconds: openSeconds, fromRate: rate, toRate: rate }],
  });
}

function stepsOf(options: PathOptions): number {
  return 2 + 2 * options.rounds + 1;
}

function targetOf({ port }: ChildService, key: string | null): Promise<Target> {
  return loopbackTarget(`http://127.0.0.1:${port}`, key);
}
