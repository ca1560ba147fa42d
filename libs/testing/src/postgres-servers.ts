import { EmbeddedPostgres } from './embedded-postgres.js';
import { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';

/** What the log runs on: the embedded Postgres, and the server where this machine has one. */
export const postgresServers: readonly {
  readonly name: string;
  readonly start: () => Promise<{ readonly url: string; stop(): Promise<void> }>;
}[] = [
  { name: 'PGlite', start: () => EmbeddedPostgres.start() },
  ...(hasPostgresServer() ? [{ name: 'PostgreSQL', start: () => PostgresServer.start() }] : []),
];
