import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { Publication } from '#contracts/traffic-plan.js';

/** Named by `publish` in the statement that stores a publication; see publications.ts. */
export const PUBLISHED_CHANNEL = 'tollgate_published';

const POLL_MS = 250;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 5_000;

export interface ArtifactFile {
  readonly name: string;
  readonly content: Buffer;
}
export type ArtifactKind = 'model' | 'ruleset';

/** What a node says of itself, so that "is it live everywhere" has an answer. */
export interface NodeReport {
  /** The version it serves; null: none, its own folders decide. */
  readonly version: number | null;
  readonly refusedVersion: number | null;
  readonly refusal: string | null;
}

export interface ControlFeedOptions {
  readonly url: string;
  /** Tells this node from the others. */
  readonly nodeId: string;
  /** Called with each version that is not the one before, one at a time. */
  readonly onPublication: (publication: Publication) => Promise<void>;
  /** It answers what it is asked, at first or again: its tables are there too. */
  readonly onReached: () => void;
  readonly report: () => NodeReport;
  /** The database cannot be reached, or answers what it should not; the feed goes on trying. */
  readonly onError: (error: unknown) => void;
}

/**
 * Follows the publications of the control plane over one connection of its own: a poll of one
 * version row, woken early by NOTIFY where the server has it. Without the database nothing changes:
 * what serves goes on serving.
 */
export class ControlFeed {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private client: Client | null = null;
  private wake: (() => void) | null = null;
  private lastSeen: number | null = null;
  private lastReport = '';
  private reportedAtMs = 0;

  constructor(private readonly options: ControlFeedOptions) {
    this.running = this.run();
  }

  /** The files of an artifact; null where it was never published. Rejects without the database. */
  async artifact(kind: ArtifactKind, ref: string): Promise<readonly ArtifactFile[] | null> {
    const { client } = this;
    if (client === null) throw new Error('the database cannot be reached');
    const { rows } = await client.query<ArtifactFile>(
      'SELECT name, content FROM artifact_files WHERE kind = $1 AND ref = $2 ORDER BY name',
      [kind, ref],
    );
    return rows.length === 0 ? null : rows;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let waitMs = RETRY_MS_MIN; !this.isStopped; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      try {
        await this.follow(() => {
          waitMs = RETRY_MS_MIN;
          this.options.onReached();
        });
      } catch (error) {
        if (!this.isStopped) this.options.onError(error);
      }
      await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Connects and looks until something fails or the feed is closed. */
  private async follow(onReached: () => void): Promise<void> {
    const client = new Client({
      connectionString: this.options.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
    });
    const lost: Error[] = [];
    client.on('error', (error) => {
      lost.push(error);
      this.wake?.();
    });
    client.on('notification', () => this.wake?.());
    await client.connect();
    this.client = client;
    try {
      await listen(client);
      await this.look(client);
      onReached();
      for (;;) {
        await this.pause();
        if (this.isStopped) return;
        if (lost[0] !== undefined) throw lost[0];
        await this.look(client);
      }
    } finally {
      this.client = null;
      await client.end().catch(() => undefined); // It is gone already.
    }
  }

  private async look(client: Client): Promise<void> {
    const { rows } = await client.query<{ readonly version: number | null }>(
      'SELECT max(version) AS version FROM publications',
    );
    const version = rows[0]?.version ?? null;
    if (version !== null && version !== this.lastSeen) {
      const found = await client.query(
        'SELECT version, plan FROM publications WHERE version = $1',
        [version],
      );
      this.lastSeen = version;
      await this.options.onPublication(Publication.parse(found.rows[0]));
    }
    await this.sendReport(client);
  }

  private async sendReport(client: Client): Promise<void> {
    const report = this.options.report();
    const text = JSON.stringify(report);
    const nowMs = performance.now();
    if (text === this.lastReport && nowMs - this.reportedAtMs < HEARTBEAT_MS) return;
    await client.query(
      `INSERT INTO nodes (node_id, version, refused_version, refusal, serving_since, seen_at)
       VALUES ($1, $2, $3, $4, now(), now())
       ON CONFLICT (node_id) DO UPDATE SET
         serving_since = CASE WHEN nodes.version IS NOT DISTINCT FROM excluded.version
           THEN nodes.serving_since ELSE now() END,
         version = excluded.version, refused_version = excluded.refused_version,
         refusal = excluded.refusal, seen_at = now()`,
      [this.options.nodeId, report.version, report.refusedVersion, report.refusal],
    );
    this.lastReport = text;
    this.reportedAtMs = nowMs;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** PGlite's socket server has one session for all clients and hands notifications to none. */
async function listen(client: Client): Promise<void> {
  const { rows } = await client.query<{ readonly version: string }>('SELECT version()');
  if (/emscripten|wasm/i.test(rows[0]?.version ?? '')) return;
  await client.query(`LISTEN ${PUBLISHED_CHANNEL}`);
}
