import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournal } from '#journal/read-journal.js';
import { PostgresServer } from '#store/postgres/private-postgres.js';
import { Progress } from '../cli/progress.js';
import type { LoadFigures } from '../load/recorder.js';
import { loopbackTarget, type Target } from '../load/target.js';
import type { ChildService } from './child-service.js';
import { Generator } from './generator.js';
import { IdleGroup } from './idle-group.js';
import { printIngest, toJson, type IngestResult, type Pair } from './ingest-report.js';
import { LogWatch, type LogSample } from './log-watch.js';
import { describeMachine } from './machine.js';
import { startConsumer, startProduct } from './path-services.js';
import { PrivateRedis } from './private-redis.js';

export interface IngestOptions {
  /** Decisions a second, of the open loop. */
  readonly rate: number;
  /** Of windows with the consumer running and stopped. */
  readonly pairs: number;
  readonly windowSeconds: number;
  readonly json: boolean;
}

interface Bench {
  readonly options: IngestOptions;
  readonly generator: Generator;
  readonly target: Target;
  readonly consumer: ChildService;
  readonly watch: LogWatch;
  readonly progress: Progress;
}

interface Intake {
  readonly dataDir: string;
  readonly url: string;
  readonly idle: IdleGroup | null;
  readonly counts: JournalCounts;
}

interface JournalCounts {
  /** Sequence of the last record. */
  readonly last: number;
  readonly decisions: number;
}

/** V8 compiles the hot paths only after thousands of runs. */
const WARM_UP_SECONDS = 8;
const WARM_UP_CONCURRENCY = 32;
/** Load before each window that counts for neither: a consumer that was stopped catches up. */
const SETTLE_SECONDS = 2;
const SETTLE_TURNS_MAX = 15;
const CAUGHT_UP_AGE_MS = 500;
const CAUGHT_UP_SAMPLES = 5;
const CAUGHT_UP_POLL_MS = 100;
const CAUGHT_UP_MS_MAX = 120_000;
const MS_PER_SECOND = 1_000;

/**
 * Measures the log's way into a private PostgreSQL: decisions under an open loop with the consumer
 * running and stopped in turn, how old the newest stored one is meanwhile, and then how fast a new
 * database takes in the whole journal that came of it. The consumer and PostgreSQL give way to what
 * decides, as docs/guides/operate.md says.
 */
export async function runIngestBench(options: IngestOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const idle = IdleGroup.open();
    stops.push(async () => idle?.close());
    const postgres = await PostgresServer.start((pid) => idle?.join(pid));
    stops.push(() => postgres.stop());
    const redis = await PrivateRedis.start(folder);
    stops.push(() => redis.stop());
    const generator = new Generator();
    stops.push(async () => generator.stop());
    const { service, key, dataDir } = await startProduct(folder, redis.socket);
    stops.push(() => service.stop());
    const consumer = await startConsumer(dataDir, postgres.url, idle);
    stops.push(() => consumer.stop());
    const watch = await LogWatch.open(postgres.url);
    stops.push(() => watch.close());
    const target = await loopbackTarget(`http://127.0.0.1:${service.port}`, key);
    const progress = new Progress({ label: 'bench ingest', total: stepsOf(options) });
    const bench = { options, generator, target, consumer, watch, progress };
    const alternating = await alternate(bench);
    await service.stop();
    const counts = await countJournal(dataDir);
    await untilStored(watch, counts.last);
    await consumer.stop();
    await watch.checkpoint();
    const url = await postgres.createDatabase('anew');
    const samples = await takeIn({ dataDir, url, idle, counts });
    progress.finish(stepsOf(options), 'done');
    const result: IngestResult = {
      ...alternating,
      options,
      records: counts.decisions,
      samples,
      isIdleGroup: idle !== null,
      machine: await describeMachine(),
      postgresVersion: await watch.version(),
    };
    if (options.json) console.log(JSON.stringify(toJson(result)));
    else printIngest(result);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Pairs of windows, each pair in the other order than the last: drift hits both alike. */
async function alternate(bench: Bench): Promise<{ pairs: Pair[]; lagMs: number[] }> {
  const { options, progress } = bench;
  const pairs: Pair[] = [];
  const lagMs: number[] = [];
  await warmUp(bench);
  for (let nth = 0; nth < options.pairs; nth += 1) {
    const isRunningFirst = nth % 2 === 0;
    const before = isRunningFirst ? null : await stoppedWindow(bench);
    const { figures: running, lags } = await runningWindow(bench);
    pairs.push({ running, stopped: before ?? (await stoppedWindow(bench)) });
    lagMs.push(...lags);
    progress.update(1 + pairs.length, () => `pair ${pairs.length}`);
  }
  bench.consumer.resume();
  return { pairs, lagMs };
}

async function runningWindow(bench: Bench): Promise<{ figures: LoadFigures; lags: number[] }> {
  bench.consumer.resume();
  await loadUntilCaughtUp(bench);
  const [figures, lags] = await bench.watch.lagsWhile(load(bench, bench.options.windowSeconds));
  return { figures, lags };
}

async function stoppedWindow(bench: Bench): Promise<LoadFigures> {
  bench.consumer.pause();
  await load(bench, SETTLE_SECONDS);
  // Asked the same questions, so that they cost both alike.
  const [figures] = await bench.watch.lagsWhile(load(bench, bench.options.windowSeconds));
  return figures;
}

async function loadUntilCaughtUp(bench: Bench): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS_MAX; turn += 1) {
    const [, ages] = await bench.watch.lagsWhile(load(bench, SETTLE_SECONDS));
    if (Math.max(...ages.slice(-CAUGHT_UP_SAMPLES)) < CAUGHT_UP_AGE_MS) return;
  }
  throw new Error(`the consumer cannot keep up with ${bench.options.rate} decisions a second`);
}

/** A new consumer stores the journal in an empty database; how far it was when. */
async function takeIn({ dataDir, url, idle, counts }: Intake): Promise<LogSample[]> {
  const consumer = await startConsumer(dataDir, url, idle);
  const watch = await LogWatch.open(url);
  try {
    const samples = await untilStored(watch, counts.last);
    const stored = await watch.countDecisions();
    if (stored !== counts.decisions) {
      throw new Error(
        `${counts.decisions} decisions are in the journal, but ${stored} were stored`,
      );
    }
    return samples;
  } finally {
    await watch.close();
    await consumer.stop();
  }
}

async function untilStored(watch: LogWatch, last: number): Promise<LogSample[]> {
  const samples: LogSample[] = [];
  const deadlineMs = performance.now() + CAUGHT_UP_MS_MAX;
  for (;;) {
    const sample = await watch.sample();
    if (sample !== null) samples.push(sample);
    if (sample !== null && sample.sequence >= last) return samples;
    if (performance.now() > deadlineMs) {
      throw new Error(`the log was not stored after ${CAUGHT_UP_MS_MAX} ms`);
    }
    await sleep(CAUGHT_UP_POLL_MS);
  }
}

/** The journal's last record, and how many of all are decisions: tallies stand between them. */
async function countJournal(dataDir: string): Promise<JournalCounts> {
  let last = 0;
  let decisions = 0;
  const reading = readJournal(join(dataDir, 'journal'), {
    onProblem: ({ message }) => {
      throw new Error(`the journal is damaged: ${message}`);
    },
  });
  for await (const { position, type } of reading) {
    last = position.sequence;
    if (type === 'decision') decisions += 1;
  }
  return { last, decisions };
}

let turns = 0;

function load({ generator, options, target }: Bench, seconds: number): Promise<LoadFigures> {
  turns += 1;
  const { rate } = options;
  return generator.openLoop({
    kind: 'open',
    target,
    seed: turns,
    runId: `i${process.pid}x${turns}`,
    stages: [{ seconds, fromRate: rate, toRate: rate }],
  });
}

async function warmUp({ generator, target }: Bench): Promise<void> {
  turns += 1;
  await generator.closedLoop({
    kind: 'closed',
    target,
    seed: turns,
    runId: `i${process.pid}x${turns}`,
    concurrency: WARM_UP_CONCURRENCY,
    warmUpMs: 0,
    measureMs: WARM_UP_SECONDS * MS_PER_SECOND,
  });
}

function stepsOf({ pairs }: IngestOptions): number {
  return 1 + pairs + 1;
}
