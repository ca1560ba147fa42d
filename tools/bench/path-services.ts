import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mintApiKey } from '#platform/api-key-admin.js';
import { writeApiKeyFile } from '#platform/api-key-file.js';
import { giveWay } from '#platform/give-way.js';
import { ChildService, freePort } from './child-service.js';
import type { IdleGroup } from './idle-group.js';

export interface Product {
  readonly service: ChildService;
  readonly key: string;
  readonly dataDir: string;
}

const built = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * decision-api as it is shipped: its defaults, our Redis, a data folder of its own, one API key.
 */
export async function startProduct(folder: string, redisSocket: string): Promise<Product> {
  const key = mintApiKey('bench', ['decide'], Date.now());
  const dataDir = join(folder, 'data');
  const keysFile = join(dataDir, 'api-keys.json');
  await writeApiKeyFile(keysFile, [key.entry]);
  const port = await freePort();
  const service = await ChildService.start({
    name: 'decision-api',
    args: [built('../../apps/decision-api/src/main.js')],
    environment: {
      PORT: String(port),
      DATA_DIR: dataDir,
      API_KEYS_FILE: keysFile,
      REDIS_URL: redisSocket,
    },
    port,
    readyPath: '/health/ready',
  });
  return { service, key: key.text, dataDir };
}

/** The service experiments, which takes the journal of that data folder into Postgres. */
export async function startConsumer(
  dataDir: string,
  databaseUrl: string,
  idle: IdleGroup | null,
): Promise<ChildService> {
  const port = await freePort();
  return ChildService.start({
    name: 'experiments',
    args: [built('../../apps/experiments/src/main.js')],
    environment: {
      EXPERIMENTS_PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
    },
    port,
    readyPath: '/health/ready',
    giveWay: idle === null ? giveWay : (pid) => idle.join(pid),
  });
}

/** The least a Node service must do for the same job; see floor.ts. */
export async function startFloor(redisSocket: string): Promise<ChildService> {
  const port = await freePort();
  return ChildService.start({
    name: 'the floor',
    args: [built('floor.js'), String(port), redisSocket],
    environment: {},
    port,
    readyPath: '/health/ready',
  });
}
