import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { formatCatalogueProblem, parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { featureTraffic, type TrafficShape } from './feature-traffic.js';
import { measureOffline, type OfflineFigures } from './features-offline.js';
import { describeMachine, machineLine } from './machine.js';
import { PrivateRedis } from './private-redis.js';
import { median, spread } from './spread.js';

export interface FeaturesBenchOptions {
  readonly rounds: number;
  /** Decisions of one round against Redis. */
  readonly decisions: number;
  /** Transactions of one offline round. */
  readonly transactions: number;
  readonly json: boolean;
}

interface RedisFigures {
  readonly roundTrips: number;
  /** All of Redis's CPU time per decision: commands, scripts, network. */
  readonly cpuUs: number;
  /** The time inside the ring script alone, per call. */
  readonly scriptUs: number;
}

const CATALOGUE_FILE = 'rules/features.yaml';
const CONCURRENCY = 8;
const CLAIM_LEASE_MS = 1_000;
/** Everything is a ring: four of them are the dearest four entities. */
const FOUR_RINGS: TrafficShape = { entities: 100, merchant: false };
/** More than the longest default ring holds: every ring is full when the measuring begins. */
const WARM_UP_ROUNDS_PER_ENTITY = 130;
const RING_SIZES = [10, 120, 256] as const;
const TIMEOUT_MS = 5_000;

/**
 * Measures what features cost: round trips and CPU time in Redis, memory, and the rate of replaying
 * offline.
 */
export async function runFeaturesBench(options: FeaturesBenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const redis = await PrivateRedis.start(folder);
  const client = new Redis({ path: redis.socket });
  try {
    const plan = await loadPlan((text) => text);
    const store = await RedisFeatureStore.connect({ url: redis.socket, plan });
    await drive(store, plan, FOUR_RINGS.entities * WARM_UP_ROUNDS_PER_ENTITY);
    const rounds: RedisFigures[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      rounds.push(await measureRedis(store, client, plan, options.decisions));
    }
    await store.close();
    const bytesPerEntity = await measureBytes(redis, client);
    const offline: OfflineFigures[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      offline.push(measureOffline(plan, options.transactions));
    }
    const version = await redis.version();
    if (options.json) console.log(JSON.stringify(toJson(rounds, bytesPerEntity, offline)));
    else await print({ rounds, bytesPerEntity, offline, version, plan });
  } finally {
    client.disconnect();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function loadPlan(change: (text: string) => string): Promise<FeaturePlan> {
  const text = change(await readFile(CATALOGUE_FILE, 'utf8'));
  const parsed = parseCatalogue(text, CATALOGUE_FILE);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatCatalogueProblem).join('\n'));
  return buildFeaturePlan(parsed.value, createHash('sha256').update(text).digest('hex'));
}

/** Decisions are numbered on through warm-up and rounds, so that each is a new event. */
let decided = 0;

async function drive(store: RedisFeatureStore, plan: FeaturePlan, count: number): Promise<void> {
  const traffic = featureTraffic(plan, FOUR_RINGS);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      decided += 1;
      const request = traffic(decided);
      const key = createHash('sha256').update(String(decided)).digest('base64url');
      const claim = { key, bodyHash: key, leaseMs: CLAIM_LEASE_MS };
      await store.readAndAppend({ ...request, claim, timeoutMs: TIMEOUT_MS });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function measureRedis(
  store: RedisFeatureStore,
  client: Redis,
  plan: FeaturePlan,
  decisions: number,
): Promise<RedisFigures> {
  await client.config('RESETSTAT');
  const cpuBefore = cpuSecondsOf(await client.info('cpu'));
  const tripsBefore = store.roundTrips;
  await drive(store, plan, decisions);
  const cpuSeconds = cpuSecondsOf(await client.info('cpu')) - cpuBefore;
  const stats = await client.info('commandstats');
  return {
    roundTrips: (store.roundTrips - tripsBefore) / decisions,
    cpuUs: (cpuSeconds * 1e6) / decisions,
    scriptUs: Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(stats)?.[1] ?? Number.NaN),
  };
}

function cpuSecondsOf(info: string): number {
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? Number.NaN);
  return read('used_cpu_user') + read('used_cpu_sys');
}

/** `MEMORY USAGE` of the card's ring, key and all, with so many events in it. */
async function measureBytes(redis: PrivateRedis, client: Redis): Promise<Record<string, number>> {
  const largest = Math.max(...RING_SIZES);
  const plan = await loadPlan((text) => text.replace('events: 128', `events: ${largest}`));
  const bytes: Record<string, number> = {};
  const traffic = featureTraffic(plan, { entities: 1, merchant: false });
  for (const size of RING_SIZES) {
    await redis.clear();
    const store = await RedisFeatureStore.connect({ url: redis.socket, plan });
    for (let event = 0; event < size; event += 1) {
      await store.readAndAppend({ ...traffic(event), timeoutMs: TIMEOUT_MS });
    }
    await store.close();
    const [key] = await client.keys('tg:{card:*');
    bytes[size] = Number(await client.memory('USAGE', key ?? ''));
  }
  return bytes;
}

function toJson(
  rounds: readonly RedisFigures[],
  bytesPerEntity: Record<string, number>,
  offline: readonly OfflineFigures[],
): object {
  return {
    roundTrips: median(rounds.map((round) => round.roundTrips)),
    redisCpuUs: median(rounds.map((round) => round.cpuUs)),
    bytesPerEntity,
    offlineTps: Math.round(median(offline.map((round) => round.transactionsPerSecond))),
  };
}

interface Report {
  readonly rounds: readonly RedisFigures[];
  readonly bytesPerEntity: Record<string, number>;
  readonly offline: readonly OfflineFigures[];
  readonly version: string;
  readonly plan: FeaturePlan;
}

async function print(report: Report): Promise<void> {
  const { rounds, offline, plan } = report;
  const line = (name: string, values: readonly number[], unit: string): void => {
    const share = `± ${(spread(values) * 100).toFixed(1)} %`;
    const value = median(values);
    const text = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
    console.log(`${name.padEnd(44)}${text.padStart(12)} ${unit.padEnd(6)}${share}`);
  };
  console.log(machineLine(await describeMachine()));
  console.log(`Redis ${report.version}; ${plan.featureNames.length} features; four full rings\n`);
  line(
    'round trips per decision',
    rounds.map((round) => round.roundTrips),
    '',
  );
  line(
    'Redis CPU per decision',
    rounds.map((round) => round.cpuUs),
    'us',
  );
  line(
    '  of it, one ring script',
    rounds.map((round) => round.scriptUs),
    'us',
  );
  for (const [events, bytes] of Object.entries(report.bytesPerEntity)) {
    console.log(`${`a card with ${events} events`.padEnd(44)}${String(bytes).padStart(12)} bytes`);
  }
  line(
    'offline, all features',
    offline.map((round) => round.transactionsPerSecond),
    'tx/s',
  );
  line(
    '  extract, plan and compute',
    offline.map((round) => round.featureUs),
    'us',
  );
}
