import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const SAMPLE_MS = 100;

/** How far the log was stored at a moment. */
export interface LogSample {
  /** `performance.now()` */
  readonly atMs: number;
  /** Of the last record stored. */
  readonly sequence: number;
  /** Its age, from when it was appended to the journal. */
  readonly ageMs: number;
}

/** Looks at how far the log has been stored, over a connection of its own. */
export class LogWatch {
  private constructor(private readonly client: Client) {}

  static async open(url: string): Promise<LogWatch> {
    const client = new Client({ connectionString: url });
    await client.connect();
    return new LogWatch(client);
  }

  /** Null before the first record is stored. */
  async sample(): Promise<LogSample | null> {
    const { rows } = await this.client.query<{ sequence: string; time_ms: string }>(
      'SELECT sequence, time_ms FROM log_positions',
    );
    const row = rows[0];
    if (row === undefined) return null;
    const ageMs = Date.now() - Number(row.time_ms);
    return { atMs: performance.now(), sequence: Number(row.sequence), ageMs };
  }

  /** @returns What the work gives, and the age of the newest stored record at times meanwhile. */
  async lagsWhile<T>(work: Promise<T>): Promise<[T, number[]]> {
    const ages: number[] = [];
    let isDone = false;
    const watching = (async () => {
      while (!isDone) {
        const sample = await this.sample();
        if (sample !== null) ages.push(sample.ageMs);
        await sleep(SAMPLE_MS);
      }
    })();
    try {
      return [await work, ages];
    } finally {
      isDone = true;
      await watching;
    }
  }

  async countDecisions(): Promise<number> {
    const { rows } = await this.client.query<{ n: string }>('SELECT count(*) AS n FROM decisions');
    return Number(rows[0]?.n);
  }

  /** Writes out what earlier work left behind, so that it does not slow down what follows. */
  async checkpoint(): Promise<void> {
    await this.client.query('CHECKPOINT');
  }

  async version(): Promise<string> {
    const { rows } = await this.client.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    return rows[0]?.version ?? 'unknown';
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
