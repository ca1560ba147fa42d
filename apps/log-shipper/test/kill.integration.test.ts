import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import { readJournal } from '#journal/read-journal.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { KafkaBroker, missingForKafka } from '#testing/kafka-broker.js';
import { PacedLoad, type Sent } from '#testing/paced-load.js';
import { hasPostgresServer, PostgresServer } from '#testing/postgres-server.js';
import { seededRandom } from '#testing/seeded-random.js';
import { missingBuildOf, ServiceProcess } from '#testing/service-process.js';

/** Each victim once; a long run asks for more. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 5);
const ROUND_MS = 1_500;
const RATE_PER_SECOND = 100;
const MS_PER_ROUND_MAX = 30_000;
const CAUGHT_UP = { timeout: 60_000, interval: 200 };

const build = missingForProcessTests({ redis: false });
const missing =
  [
    missingForKafka(),
    hasPostgresServer() ? '' : ' (skipped without PostgreSQL)',
    build === null ? '' : ` (${build})`,
    missingBuildOf('log-shipper'),
  ].find((lack) => lack !== '') ?? '';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

let payments = 0;
function nextBody(): string {
  payments += 1;
  return JSON.stringify({
    transaction_id: `pay-${payments}`,
    amount: { value: 100 + (payments % 7) * 90_000, currency: 'EUR' },
    payment_method: { token: `tok-${payments % 24}` },
  });
}

/** The services between a payment and its row, each of which can be killed and comes back. */
class Chain {
  readonly sent: Sent[] = [];
  private load!: PacedLoad;

  private constructor(
    readonly home: DecisionApiHome,
    readonly postgres: PostgresServer,
    readonly broker: KafkaBroker,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  private api!: DecisionApiProcess;
  private shipper!: ServiceProcess;
  private consumer!: ServiceProcess;

  static async start(): Promise<Chain> {
    const home = await DecisionApiHome.create(() => ({ MODEL_DIR: 'none' }));
    stops.push(() => home.remove());
    const postgres = await PostgresServer.start();
    stops.push(() => postgres.stop());
    const broker = await KafkaBroker.start({ properties: ['num.partitions=3'] });
    stops.push(() => broker.stop());
    const chain = new Chain(home, postgres, broker, {
      DATA_DIR: `${home.folder}/data`,
      DATABASE_URL: postgres.url,
      KAFKA_BROKERS: broker.address,
    });
    await chain.startApi();
    chain.shipper = await chain.service('log-shipper');
    chain.consumer = await chain.service('experiments');
    stops.push(async () => {
      await chain.shipper.end('SIGKILL');
      await chain.consumer.end('SIGKILL');
    });
    await chain.consumer.ready();
    return chain;
  }

  readonly victims: Readonly<Record<string, () => Promise<void>>> = {
    api: async () => {
      await this.api.end('SIGKILL');
      this.sent.push(...(await this.load.stop()));
      await this.startApi();
    },
    shipper: async () => {
      await this.shipper.end('SIGKILL');
      this.shipper = await this.service('log-shipper');
    },
    consumer: async () => {
      await this.consumer.end('SIGKILL');
      this.consumer = await this.service('experiments');
    },
    broker: async () => {
      await this.broker.kill();
      await this.broker.start();
    },
    postgres: async () => {
      await this.postgres.kill();
      await this.postgres.start();
    },
  };

  /** Acknowledged outcome and label of the newest payment. */
  async report(): Promise<void> {
    const { client } = this.api;
    const body = nextBody();
    const answer = await client.send({ path: '/v1/decisions', body });
    const reply = JSON.parse(answer.body) as DecisionReply;
    const outcome = JSON.stringify({ outcome: 'captured' });
    const path = `/v1/decisions/${reply.decision_id}/outcome`;
    expect((await client.send({ path, body: outcome })).status).toBe(202);
    const { transaction_id } = reply;
    const label = JSON.stringify({ transaction_id, label: 'legit', source: 'manual_review' });
    expect((await client.send({ path: '/v1/labels', body: label })).status).toBe(202);
  }

  /** Ends the load, then those that write the log; the consumer stays. */
  async endLoad(): Promise<void> {
    this.sent.push(...(await this.load.stop()));
    expect(await this.api.end('SIGTERM')).toBe(0);
  }

  async endAll(): Promise<void> {
    expect(await this.shipper.end('SIGTERM')).toBe(0);
    expect(await this.consumer.end('SIGTERM')).toBe(0);
  }

  private async startApi(): Promise<void> {
    this.api = await this.home.start();
    const { client } = this.api;
    this.load = new PacedLoad({ client, ratePerSecond: RATE_PER_SECOND, nextBody });
  }

  private service(name: 'experiments' | 'log-shipper'): Promise<ServiceProcess> {
    return ServiceProcess.start(name, 'none', this.environment);
  }
}

/** The ids of what the journal holds, by kind. */
async function journalIds(folder: string): Promise<Record<string, string[]>> {
  const ids: Record<string, string[]> = { decision: [], outcome: [], label: [] };
  const onProblem = (problem: { readonly message: string }): void => {
    throw new Error(problem.message);
  };
  for await (const { type, payload } of readJournal(folder, { onProblem })) {
    const record = JSON.parse(payload.toString()) as { id: string; reply?: DecisionReply };
    ids[type]!.push(record.reply?.decision_id ?? record.id);
  }
  return ids;
}

test.skipIf(missing !== '')(
  `a log whose every part is killed under load loses nothing and doubles nothing${missing}`,
  { timeout: 60_000 + ROUNDS * MS_PER_ROUND_MAX },
  async () => {
    const chain = await Chain.start();
    const random = seededRandom(11);
    const names = Object.keys(chain.victims);
    let left: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(ROUND_MS * random());
      if (left.length === 0) left = [...names];
      const [victim] = left.splice(Math.floor(random() * left.length), 1);
      await chain.victims[victim!]!();
      await chain.report();
    }
    await chain.endLoad();

    const ids = await journalIds(chain.home.journalFolder);
    const pool = new Pool({ connectionString: chain.postgres.url });
    stops.push(() => pool.end());
    pool.on('error', () => undefined);
    const column = async (sql: string): Promise<string[]> =>
      (await pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    await vi.waitFor(async () => {
      const count = await column('SELECT count(*)::text AS id FROM decisions');
      expect(count).toEqual([String(ids['decision']!.length)]);
      const labels = await column('SELECT id FROM labels');
      expect(labels).toHaveLength(ids['label']!.length);
    }, CAUGHT_UP);
    await chain.endAll();

    const stored = {
      decision: await column('SELECT decision_id AS id FROM decisions ORDER BY 1'),
      outcome: await column('SELECT id FROM outcomes ORDER BY 1'),
      label: await column('SELECT id FROM labels ORDER BY 1'),
    };
    expect(stored.decision).toEqual(ids['decision']!.toSorted());
    expect(stored.outcome).toEqual(ids['outcome']!.toSorted());
    expect(stored.label).toEqual(ids['label']!.toSorted());
    expect(stored.outcome).toHaveLength(ROUNDS);
    expect(await column('SELECT source AS id FROM dead_letters')).toEqual([]);

    const answered = chain.sent.filter(({ answer }) => answer?.status === 200);
    const known = new Set(stored.decision);
    const lost = answered
      .map(({ answer }) => (JSON.parse(answer!.body) as DecisionReply).decision_id)
      .filter((id) => !known.has(id));
    expect(lost).toEqual([]);
    expect(answered.length).toBeGreaterThan(100);
  },
);
