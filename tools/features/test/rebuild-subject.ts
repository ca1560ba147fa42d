import { resolve } from 'node:path';
import type { Redis } from 'ioredis';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { Database } from '#store/postgres/database.js';
import { DecisionHistory } from '#store/postgres/decision-history.js';
import { DecisionLog } from '#store/postgres/decision-log.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { RedisLink } from '#store/redis-link.js';
import { LoggedTraffic } from '#testing/logged-traffic.js';
import { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';
import { hasRedisServer, RedisCluster, RedisServer } from '#testing/redis-server.js';
import { seededRandom } from '#testing/seeded-random.js';
import type { Stores } from '../open-stores.js';
import { rebuildState, type RebuildOptions, type RebuildOutcome } from '../rebuild-state.js';
import { RecordedSchemas } from '../recorded-schemas.js';

export const DAY_MS = 86_400_000;
export const PAYMENTS = 1_200;

/** What is missing on this machine, for the end of a title; empty = nothing. */
export const missing = [
  ...(hasRedisServer() ? [] : ['redis-server']),
  ...(hasPostgresServer() ? [] : ['PostgreSQL']),
].join(' and ');

export type RedisKind = 'a single server' | 'a cluster';

interface Servers {
  readonly urls: readonly string[];
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

async function startRedis(kind: RedisKind): Promise<Servers> {
  if (kind === 'a cluster') return RedisCluster.start();
  const server = await RedisServer.start();
  return { urls: [server.socketPath], nodes: [server], stop: () => server.stop() };
}

type Vectors = readonly (readonly number[])[];

/** Traffic with its store and its log, whose feature state can be lost and rebuilt. */
export class RebuildSubject {
  private store!: RedisFeatureStore;
  private trafficNow!: LoggedTraffic;
  private storesNow!: Stores;
  /** A moment ahead, so that what is asked for twice is asked for as of one time. */
  private readonly probeMs = Date.now() + 60_000;

  readonly plan: FeaturePlan;
  readonly postgres: PostgresServer;
  /** One of each node, to look at it from outside. */
  readonly clients: readonly Redis[];
  private readonly database: Database;
  private readonly servers: Servers;

  private constructor(parts: {
    readonly plan: FeaturePlan;
    readonly postgres: PostgresServer;
    readonly database: Database;
    readonly servers: Servers;
  }) {
    this.plan = parts.plan;
    this.postgres = parts.postgres;
    this.database = parts.database;
    this.servers = parts.servers;
    this.clients = parts.servers.nodes.map((node) => node.client());
  }

  static async start(kind: RedisKind): Promise<RebuildSubject> {
    const file = resolve(import.meta.dirname, '../../../rules/features.yaml');
    const read = await readFeaturePlan(file);
    if (!read.ok) throw new Error(read.problems.join('\n'));
    const postgres = await PostgresServer.start();
    const database = await Database.open({
      url: postgres.url,
      connectionsMax: 3,
      onConnectionLost: () => undefined,
    });
    const servers = await startRedis(kind);
    return new RebuildSubject({ plan: read.value, postgres, database, servers });
  }

  get traffic(): LoggedTraffic {
    return this.trafficNow;
  }

  get stores(): Stores {
    return this.storesNow;
  }

  get redis(): RedisFeatureStore {
    return this.store;
  }

  get redisUrl(): string {
    return this.servers.urls.join(',');
  }

  /** With nothing in either store. */
  async open(): Promise<void> {
    await this.database.pool.query(
      'TRUNCATE decisions, rule_hits, outcomes, labels, log_positions',
    );
    await this.lose();
    const { plan, servers, postgres } = this;
    this.store = await RedisFeatureStore.connect({ url: servers.urls, plan, timeoutMs: 2_000 });
    const log = new DecisionLog(this.database);
    this.trafficNow = new LoggedTraffic(plan, this.store, log, seededRandom(7));
    this.storesNow = {
      plan,
      schemas: new RecordedSchemas(plan, 'nowhere'),
      link: await RedisLink.connect({ urls: servers.urls }, 2_000),
      history: DecisionHistory.open(postgres.url),
      newestMs: Date.now(),
    };
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.stores.link.close();
    await this.stores.history.close();
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    await this.servers.stop();
    await this.database.close();
    await this.postgres.stop();
  }

  async lose(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.flushall()));
  }

  /** Payments and reports over 42 days until a moment ago; half of them in the last two days. */
  async past(): Promise<void> {
    const endMs = Date.now() - 1_000;
    const half = PAYMENTS / 2;
    for (let nth = 0; nth < PAYMENTS; nth += 1) {
      const [beginMs, spanMs] =
        nth < half ? [endMs - 42 * DAY_MS, 40 * DAY_MS] : [endMs - 2 * DAY_MS, 2 * DAY_MS];
      const atMs = Math.floor(beginMs + ((nth % half) / half) * spanMs);
      await this.traffic.pay(atMs);
      if (nth % 4 === 0) await this.traffic.report(atMs + 5);
    }
    await this.settle();
    await this.traffic.ship();
  }

  settle(): Promise<void> {
    return this.store.flush();
  }

  rebuild(change: Partial<RebuildOptions> = {}, stores = this.stores): Promise<RebuildOutcome> {
    return rebuildState(stores, {
      fromMs: Date.now() - 50 * DAY_MS,
      untilMs: null,
      isDryRun: false,
      isAgain: false,
      perSecond: 1_000_000,
      settleMs: 0,
      lateReportsMs: 0,
      lockWaitMs: 500,
      stop: new AbortController().signal,
      tell: () => undefined,
      onBatch: () => undefined,
      ...change,
    });
  }

  /** The features as Redis has them. */
  async seen(): Promise<Vectors> {
    await this.settle();
    return this.traffic.features(this.store, this.probeMs);
  }

  /** The features as they would be if nothing had been lost. */
  unharmed(): Promise<Vectors> {
    return this.traffic.twinFeatures(this.probeMs);
  }

  /** Every ring and all tiles, byte for byte. */
  async contents(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const client of this.clients) {
      for (const key of (await client.keys('tg:{*')).toSorted()) {
        found[key] = (await client.getBuffer(key))!.toString('hex');
      }
    }
    return found;
  }
}
