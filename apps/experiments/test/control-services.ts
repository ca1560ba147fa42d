import { join } from 'node:path';
import { DecisionApiHome, type DecisionApiProcess } from '#testing/decision-api-process.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import type { HttpAnswer } from '#testing/http-client.js';
import { ExperimentsProcess } from './experiments-process.js';

/** Both services on one data folder and one embedded Postgres, as under `npm start`. */
export class ControlServices {
  private constructor(
    readonly home: DecisionApiHome,
    readonly postgres: EmbeddedPostgres,
    readonly experiments: ExperimentsProcess,
    public api: DecisionApiProcess,
  ) {}

  static async start(
    environment: (folder: string) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<ControlServices> {
    const postgres = await EmbeddedPostgres.start();
    const home = await DecisionApiHome.create((folder) => ({
      DATABASE_URL: postgres.url,
      ...environment(folder),
    }));
    const api = await home.start();
    const experiments = await ExperimentsProcess.start(home.key, {
      DATA_DIR: join(home.folder, 'data'),
      DATABASE_URL: postgres.url,
      ...environment(home.folder),
    });
    await experiments.ready();
    return new ControlServices(home, postgres, experiments, api);
  }

  /** A call of the service experiments; what it answered, read. */
  async ask<T = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: T }> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.experiments.client.send({ method, path, ...text });
    return { status: answer.status, body: JSON.parse(answer.body) as T };
  }

  /** A payment of this customer, decided. */
  decide(transactionId: string, customer: string, more: object = {}): Promise<HttpAnswer> {
    const body = JSON.stringify({
      transaction_id: transactionId,
      amount: { value: 2_500, currency: 'EUR' },
      customer: { id: customer },
      payment_method: { token: `tok-${customer}` },
      ...more,
    });
    return this.api.client.send({ path: '/v1/decisions', body });
  }

  async stop(): Promise<void> {
    await this.experiments.end('SIGTERM');
    await this.home.remove();
    await this.postgres.stop();
  }
}
