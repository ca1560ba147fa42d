import { dirname, join, resolve } from 'node:path';
import { shortSocketPath } from './short-socket-path.js';

/** Clients of Postgres are told a folder, and look for a socket of this name in it. */
const SOCKET = 'socket/.s.PGSQL.5432';

export interface EmbeddedDatabase {
  readonly folder: string;
  readonly socketPath: string;
  readonly url: string;
}

/** Where `npm start` keeps the Postgres of a data folder when it is given none. */
export function embeddedDatabaseOf(dataDir: string): EmbeddedDatabase {
  const folder = join(resolve(dataDir), 'postgres');
  const socketPath = shortSocketPath(folder, SOCKET);
  const host = encodeURIComponent(dirname(socketPath));
  return { folder, socketPath, url: `postgres://postgres@localhost/postgres?host=${host}` };
}
