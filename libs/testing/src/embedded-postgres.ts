import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { takingTurns } from '#platform/pglite-turns.js';

const CONNECTIONS_MAX = 8;

/** PGlite in memory behind its socket server: what `npm start` runs where there is no Postgres. */
export class EmbeddedPostgres {
  private isStopped = false;

  private constructor(
    private readonly folder: string,
    private readonly database: PGlite,
    private readonly server: PGLiteSocketServer,
  ) {}

  static async start(): Promise<EmbeddedPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-pglite-'));
    const database = await PGlite.create();
    // The name under which clients look for a socket in a folder.
    const path = join(folder, '.s.PGSQL.5432');
    const server = new PGLiteSocketServer({
      db: takingTurns(database),
      path,
      maxConnections: CONNECTIONS_MAX,
    });
    await server.start();
    return new EmbeddedPostgres(folder, database, server);
  }

  get url(): string {
    return `postgres://postgres@localhost/postgres?host=${encodeURIComponent(this.folder)}`;
  }

  /** Once, however often it is asked for. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    await this.server.stop();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
