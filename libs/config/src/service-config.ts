import type { Values } from './environment.js';
import { Secret } from './secret.js';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** What every service is told from outside. Paths are as written. */
export interface ServiceConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly shutdownDrainMs: number;
  readonly shutdownGraceMs: number;
  readonly apiKeysFile: string;
  /** Null: generated at the first start and kept in the data folder. */
  readonly pseudonymKey: Secret<Buffer> | null;
  readonly rateLimitPerSecond: number | null;
  readonly metricsAccess: 'open' | 'key';
  readonly logLevel: LogLevel;
  readonly logSampleRatio: number;
}

export function serviceConfigOf(values: Values, port: number): ServiceConfig {
  return {
    host: values.HOST,
    port,
    dataDir: values.DATA_DIR,
    shutdownDrainMs: values.SHUTDOWN_DRAIN_MS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
    apiKeysFile: values.API_KEYS_FILE ?? `${values.DATA_DIR}/api-keys.json`,
    pseudonymKey: values.PSEUDONYM_KEY === null ? null : new Secret(values.PSEUDONYM_KEY),
    rateLimitPerSecond: values.RATE_LIMIT_PER_SECOND,
    metricsAccess: values.METRICS_ACCESS,
    logLevel: values.LOG_LEVEL,
    logSampleRatio: values.LOG_SAMPLE_RATIO,
  };
}
