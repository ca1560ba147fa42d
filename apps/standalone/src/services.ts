import { resolve } from 'node:path';
import { quietNodeFlags, serviceNodeFlags } from '#config/node-flags.js';
import type { StandaloneConfig } from '#config/standalone-config.js';
import { SupervisedProcess } from './supervised-process.js';

const READY_MS_MAX = 60_000;
const READY_ASK_MS_MAX = 2_000;
/** On top of the grace that the service gives its own requests. */
const STOP_MARGIN_MS = 5_000;

const followSupervisor = new URL('./follow-supervisor.js', import.meta.url).href;
// On a terminal the log of a healthy service is noise: warnings and errors only, unless asked for.
const quiet = { LOG_LEVEL: 'warn' };

interface ServiceOptions {
  readonly config: StandaloneConfig;
  /** Where it answers `/health/ready`. */
  readonly address: string;
  readonly port: number;
  readonly tell: (line: string) => void;
}

export interface DecisionApiOptions extends ServiceOptions {
  /** Null: the address that the user configured, or none. */
  readonly redisUrl: string | null;
  /** Likewise. */
  readonly databaseUrl: string | null;
}

export function decisionApiProcess(options: DecisionApiOptions): SupervisedProcess {
  const { port, redisUrl, databaseUrl } = options;
  return serviceProcess(
    { name: 'decision-api', nodeFlags: serviceNodeFlags, givesWay: false },
    options,
    {
      defaults: { ...quiet, ORT_DISABLE_TELEMETRY: '1' },
      overrides: {
        PORT: String(port),
        ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
        ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
      },
    },
  );
}

export interface ExperimentsOptions extends ServiceOptions {
  /** Null: the address that the user configured. */
  readonly databaseUrl: string | null;
}

export function experimentsProcess(options: ExperimentsOptions): SupervisedProcess {
  const { port, databaseUrl } = options;
  return serviceProcess(
    { name: 'experiments', nodeFlags: quietNodeFlags, givesWay: true },
    options,
    {
      defaults: quiet,
      overrides: {
        EXPERIMENTS_PORT: String(port),
        ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
      },
    },
  );
}

function serviceProcess(
  service: {
    readonly name: string;
    readonly nodeFlags: readonly string[];
    readonly givesWay: boolean;
  },
  { config, address, tell }: ServiceOptions,
  environment: Parameters<StandaloneConfig['serviceEnvironment']>[0],
): SupervisedProcess {
  const { name, nodeFlags, givesWay } = service;
  const main = resolve(import.meta.dirname, `../../${name}/src/main.js`);
  return new SupervisedProcess({
    name,
    command: process.execPath,
    args: [...nodeFlags, `--import=${followSupervisor}`, main],
    environment: config.serviceEnvironment(environment),
    isReady: () => isReady(address),
    givesWay,
    readyMsMax: READY_MS_MAX,
    stopMsMax: config.service.shutdownGraceMs + STOP_MARGIN_MS,
    tell,
  });
}

async function isReady(address: string): Promise<boolean> {
  try {
    const reply = await fetch(`${address}/health/ready`, {
      signal: AbortSignal.timeout(READY_ASK_MS_MAX),
    });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    return false; // not listening yet: asked again until the time is up
  }
}
