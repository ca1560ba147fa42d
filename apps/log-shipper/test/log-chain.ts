import type { DecisionReply } from '#contracts/decision-reply.js';
import { DecisionApiHome, type DecisionApiProcess } from '#testing/decision-api-process.js';
import { KafkaBroker } from '#testing/kafka-broker.js';
import { PacedLoad, type Sent } from '#testing/paced-load.js';
import { PostgresServer } from '#store/postgres/private-postgres.js';
import { ServiceProcess } from '#testing/service-process.js';

const RATE_PER_SECOND = 100;

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
export class LogChain {
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

  static async start(stops: (() => Promise<unknown>)[]): Promise<LogChain> {
    const home = await DecisionApiHome.create(() => ({ MODEL_DIR: 'none' }));
    stops.push(() => home.remove());
    const postgres = await PostgresServer.start();
    stops.push(() => postgres.stop());
    const broker = await KafkaBroker.start({ properties: ['num.partitions=3'] });
    stops.push(() => broker.stop());
    const chain = new LogChain(home, postgres, broker, {
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

  /** Reports an outcome and a label of a new payment, and gives the statuses of the replies. */
  async report(): Promise<number[]> {
    const { client } = this.api;
    const body = nextBody();
    const answer = await client.send({ path: '/v1/decisions', body });
    const reply = JSON.parse(answer.body) as DecisionReply;
    const outcome = JSON.stringify({ outcome: 'captured' });
    const path = `/v1/decisions/${reply.decision_id}/outcome`;
    const first = await client.send({ path, body: outcome });
    const { transaction_id } = reply;
    const label = JSON.stringify({ transaction_id, label: 'legit', source: 'manual_review' });
    const second = await client.send({ path: '/v1/labels', body: label });
    return [first.status, second.status];
  }

  /** Ends the load and the API, and gives its exit code; the others stay. */
  async endLoad(): Promise<number | null> {
    this.sent.push(...(await this.load.stop()));
    return this.api.end('SIGTERM');
  }

  /** Ends the services that move the log, and gives their exit codes. */
  async endAll(): Promise<(number | null)[]> {
    return [await this.shipper.end('SIGTERM'), await this.consumer.end('SIGTERM')];
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
