import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { kafkaConfigOf, type KafkaConfig } from './kafka-config.js';
import { Secret } from './secret.js';
import { serviceConfigOf, type ServiceConfig } from './service-config.js';
import { NO_DATABASE } from './value-schemas.js';

const MS_PER_SECOND = 1_000;

/** Everything that experiments is told from outside; parsed once at start. Paths are as written. */
export interface ExperimentsConfig extends ServiceConfig {
  /** Secret because it may carry a password. */
  readonly databaseUrl: Secret<string>;
  readonly databaseConnections: number;
  readonly featuresFile: string;
  readonly journalFolder: string;
  /** Null: the log is read from the journal of this machine. */
  readonly kafka: (KafkaConfig & { readonly group: string }) | null;
  readonly decisionRetentionDays: number;
  readonly ruleBreaker: {
    readonly declineShareMax: number;
    readonly decisionsMin: number;
    readonly windowMs: number;
  };
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
  const kafka = kafkaConfigOf(values);
  if (!kafka.ok) return kafka;
  return {
    ok: true,
    value: {
      ...serviceConfigOf(values, values.EXPERIMENTS_PORT),
      databaseUrl: new Secret(values.DATABASE_URL),
      databaseConnections: values.DATABASE_CONNECTIONS,
      featuresFile: values.FEATURES_FILE ?? `${values.RULES_DIR}/features.yaml`,
      journalFolder: `${values.DATA_DIR}/journal`,
      kafka: kafka.value === null ? null : { ...kafka.value, group: values.KAFKA_GROUP },
      decisionRetentionDays: values.DECISION_RETENTION_DAYS,
      ruleBreaker: {
        declineShareMax: values.RULE_BREAKER_DECLINE_SHARE,
        decisionsMin: values.RULE_BREAKER_DECISIONS_MIN,
        windowMs: values.RULE_BREAKER_WINDOW_SECONDS * MS_PER_SECOND,
      },
    },
  };
}
