import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { takingTurns } from '#platform/pglite-turns.js';
import { holdInstance } from './single-instance.js';

// PGlite in a process of its own: it blocks the thread that it runs on.
const CONNECTIONS_MAX = 32;
const HELD_POLL_MS = 50;
const HELD_MS_MAX = 10_000;

const [folder, socketPath] = process.argv.slice(2);
if (folder === undefined || socketPath === undefined) {
  throw new Error('usage: embedded-postgres-main.js <data folder> <socket path>');
}

/** Two processes on one folder would destroy it: waits for one that is ending still. */
async function holdFolder(lockPath: string): Promise<void> {
  const giveUpAt = performance.now() + HELD_MS_MAX;
  while ((await holdInstance(lockPath)) === null) {
    if (performance.now() > giveUpAt) {
      throw new Error('another embedded Postgres uses the data folder and does not end');
    }
    await sleep(HELD_POLL_MS);
  }
}

await holdFolder(join(dirname(socketPath), 'lock'));
const database = await PGlite.create(folder);
await rm(socketPath, { force: true });
const server = new PGLiteSocketServer({
  db: takingTurns(database),
  path: socketPath,
  maxConnections: CONNECTIONS_MAX,
});
await server.start();

async function stop(): Promise<void> {
  await server.stop();
  await database.close();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
