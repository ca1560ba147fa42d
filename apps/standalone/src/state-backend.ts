import type { StandaloneConfig } from '#config/standalone-config.js';
import type { RedisTarget } from '#config/value-schemas.js';
import {
  findRedis,
  prepareRedis,
  redisArguments,
  redisIsReady,
  redisPlace,
} from './private-redis.js';
import { SupervisedProcess } from './supervised-process.js';

const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 15_000;

export interface StateBackend {
  /** For the start-up message: which one, and why. */
  readonly description: string;
  /** Null: what the user configured, or the memory of decision-api. */
  readonly redisUrl: string | null;
  readonly process: SupervisedProcess | null;
}

/** The user's Redis, else one of our own where a server is installed, else the in-process store. */
export async function chooseStateBackend(
  config: StandaloneConfig,
  dataDir: string,
  tell: (line: string) => void,
): Promise<StateBackend> {
  const configured = config.service.redis?.reveal() ?? null;
  if (configured !== null) {
    const description = `Redis at ${withoutPassword(configured)} (REDIS_URL)`;
    return { description, redisUrl: null, process: null };
  }
  const found = await findRedis();
  if (!found.ok) {
    const description = `in the memory of decision-api, lost at its end (${found.reason})`;
    return { description, redisUrl: null, process: null };
  }
  const place = redisPlace(dataDir);
  await prepareRedis(place);
  const server = new SupervisedProcess({
    name: found.program,
    command: found.program,
    args: redisArguments(place),
    environment: config.serviceEnvironment({ defaults: {}, overrides: {} }),
    isReady: () => redisIsReady(place),
    givesWay: false,
    readyMsMax: READY_MS_MAX,
    stopMsMax: STOP_MS_MAX,
    tell,
  });
  return {
    description: `${found.program} ${found.version} found on PATH, private to this data folder`,
    redisUrl: place.socketPath,
    process: server,
  };
}

function withoutPassword(target: RedisTarget): string {
  const addresses = target.kind === 'single' ? [target.url] : target.urls;
  return addresses
    .map((address) => (URL.canParse(address) ? new URL(address).host || address : address))
    .join(', ');
}
