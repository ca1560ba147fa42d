import type { LogLevel } from './decision-api-config.js';
import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { Secret } from './secret.js';
import { NO_DATABASE } from './value-schemas.js';

const MS_PER_SECOND = 1_000;

/** Everything that experiments is told from outside; parsed once at start. Paths are as written. */
export interface ExperimentsConfig {
  readonly host: string;
  readonly port: number;
  readonly shutdownDrainMs: number;
  readonly shutdownGraceMs: number;
  readonly apiKeysFile: string;
  readonly rateLimitPerSecond: number | null;
  readonly metricsAccess: 'open' | 'key';
  /** Secret because it may carry a password. */
  readonly databaseUrl: Secret<string>;
  readonly databaseConnections: number;
  readonly dataDir: string;
  readonly featuresFile: string;
  /** Null: the one kept in the data folder. */
  readonly pseudonymKey: Secret<Buffer> | null;
  readonly journalFolder: string;
  readonly decisionRetentionDays: number;
  readonly ruleBreaker: {
    readonly declineShareMax: number;
    readonly decisionsMin: number;
    readonly windowMs: number;
  };
  readonly logLevel: LogLevel;
  readonly logSampleRatio: number;
}

/** Reads the environment. Every problem is reported at once, by name and fix, without the value. */
export function loadExperimentsConfig(
  environment: Environment = process.env,
): Loaded<ExperimentsConfig> {
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  if (values.DATABASE_URL === null || values.DATABASE_URL === NO_DATABASE) {
    const fix = 'must be set: postgres://user:password@host:port/database';
    return { ok: false, problems: [{ variable: 'DATABASE_URL', fix }] };
  }
  return {
    ok: true,
    value: {
      host: values.HOST,
      port: values.EXPERIMENTS_PORT,
      shutdownDrainMs: values.SHUTDOWN_DRAIN_MS,
      shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
      apiKeysFile: values.API_KEYS_FILE ?? `${values.DATA_DIR}/api-keys.json`,
      rateLimitPerSecond: values.RATE_LIMIT_PER_SECOND,
      metricsAccess: values.METRICS_ACCESS,
      databaseUrl: new Secret(values.DATABASE_URL),
      databaseConnections: values.DATABASE_CONNECTIONS,
      dataDir: values.DATA_DIR,
      featuresFile: values.FEATURES_FILE ?? `${values.RULES_DIR}/features.yaml`,
      pseudonymKey: values.PSEUDONYM_KEY === null ? null : new Secret(values.PSEUDONYM_KEY),
      journalFolder: `${values.DATA_DIR}/journal`,
      decisionRetentionDays: values.DECISION_RETENTION_DAYS,
      ruleBreaker: {
        declineShareMax: values.RULE_BREAKER_DECLINE_SHARE,
        decisionsMin: values.RULE_BREAKER_DECISIONS_MIN,
        windowMs: values.RULE_BREAKER_WINDOW_SECONDS * MS_PER_SECOND,
      },
      logLevel: values.LOG_LEVEL,
      logSampleRatio: values.LOG_SAMPLE_RATIO,
    },
  };
}
