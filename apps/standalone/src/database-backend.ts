import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { quietNodeFlags } from '#config/node-flags.js';
import type { StandaloneConfig } from '#config/standalone-config.js';
import { embeddedDatabaseOf } from '#platform/embedded-database.js';
import { SupervisedProcess } from './supervised-process.js';

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
const ASK_MS_MAX = 1_000;

const main = resolve(import.meta.dirname, 'embedded-postgres-main.js');
const followSupervisor = new URL('./follow-supervisor.js', import.meta.url).href;

export interface DatabaseBackend {
  /** For the start-up message. */
  readonly description: string;
  /** Null: what the user configured. */
  readonly databaseUrl: string | null;
  readonly process: SupervisedProcess | null;
}

/** The user's Postgres, else PGlite with a folder and a process of its own; null for `none`. */
export async function chooseDatabaseBackend(
  config: StandaloneConfig,
  dataDir: string,
  tell: (line: string) => void,
): Promise<DatabaseBackend | null> {
  const { database } = config;
  if (database.kind === 'none') return null;
  if (database.kind === 'given') {
    const { host } = new URL(database.url.reveal());
    const description = `Postgres at ${host} (DATABASE_URL)`;
    return { description, databaseUrl: null, process: null };
  }
  const { folder, socketPath, url } = embeddedDatabaseOf(dataDir);
  for (const made of [folder, dirname(socketPath)]) {
    await mkdir(made, { recursive: true, mode: 0o700 });
  }
  const server = new SupervisedProcess({
    name: 'embedded Postgres',
    command: process.execPath,
    args: [
      ...quietNodeFlags,
      `--import=${followSupervisor}`,
      main,
      join(folder, 'data'),
      socketPath,
    ],
    environment: config.serviceEnvironment({ defaults: {}, overrides: {} }),
    isReady: () => canConnect(socketPath),
    givesWay: true,
    readyMsMax: READY_MS_MAX,
    stopMsMax: STOP_MS_MAX,
    tell,
  });
  return {
    description:
      'embedded Postgres (PGlite), private to this data folder; set DATABASE_URL for more',
    databaseUrl: url,
    process: server,
  };
}

function canConnect(socketPath: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(socketPath);
    socket.setTimeout(ASK_MS_MAX, () => socket.destroy());
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      socket.destroy();
    });
    socket.once('error', () => socket.destroy());
    socket.once('close', () => settle(connected));
  });
}
