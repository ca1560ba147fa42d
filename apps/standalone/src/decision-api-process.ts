import { resolve } from 'node:path';
import { serviceNodeFlags } from '#config/node-flags.js';
import type { StandaloneConfig } from '#config/standalone-config.js';
import { SupervisedProcess } from './supervised-process.js';

const READY_MS_MAX = 60_000;
const READY_ASK_MS_MAX = 2_000;
/** On top of the grace that the service gives its own requests. */
const STOP_MARGIN_MS = 5_000;

const main = resolve(import.meta.dirname, '../../decision-api/src/main.js');
const followSupervisor = new URL('./follow-supervisor.js', import.meta.url).href;

export interface DecisionApiOptions {
  readonly config: StandaloneConfig;
  readonly address: string;
  readonly port: number;
  /** Null: the address that the user configured, or none. */
  readonly redisUrl: string | null;
  readonly tell: (line: string) => void;
}

export function decisionApiProcess(options: DecisionApiOptions): SupervisedProcess {
  const { config, address, port, redisUrl, tell } = options;
  return new SupervisedProcess({
    name: 'decision-api',
    command: process.execPath,
    args: [...serviceNodeFlags, `--import=${followSupervisor}`, main],
    environment: config.serviceEnvironment({
      // On a terminal the log of a healthy service is noise: warnings and errors only, unless asked
      // for.
      defaults: { LOG_LEVEL: 'warn', ORT_DISABLE_TELEMETRY: '1' },
      overrides: { PORT: String(port), ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }) },
    }),
    isReady: () => isReady(address),
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
