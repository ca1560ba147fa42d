import type { LogLevel } from './decision-api-config.js';
import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { kafkaConfigOf, type KafkaConfig } from './kafka-config.js';
import { Secret } from './secret.js';

/** Everything that log-shipper is told from outside; parsed once at start. Paths are as written. */
export interface LogShipperConfig {
  readonly host: string;
  readonly port: number;
  readonly shutdownDrainMs: number;
  readonly shutdownGraceMs: number;
  readonly apiKeysFile: string;
  readonly rateLimitPerSecond: number | null;
  readonly metricsAccess: 'open' | 'key';
  /** Null: the host name and the port that decisions are asked for on. */
  readonly nodeId: string | null;
  readonly decisionPort: number;
  readonly dataDir: string;
  readonly journalFolder: string;
  /** Null: kept in the data folder. */
  readonly pseudonymKey: Secret<Buffer> | null;
  readonly kafka: KafkaConfig;
  readonly logLevel: LogLevel;
  readonly logSampleRatio: number;
}

/** Reads the environment. Every problem is reported at once, by name and fix, without the value. */
export function loadLogShipperConfig(
  environment: Environment = process.env,
): Loaded<LogShipperConfig> {
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  const kafka = kafkaConfigOf(values);
  if (!kafka.ok) return kafka;
  if (kafka.value === null) {
    const fix = 'must be set: host:port, or several with commas';
    return { ok: false, problems: [{ variable: 'KAFKA_BROKERS', fix }] };
  }
  return {
    ok: true,
    value: {
      host: values.HOST,
      port: values.LOG_SHIPPER_PORT,
      shutdownDrainMs: values.SHUTDOWN_DRAIN_MS,
      shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
      apiKeysFile: values.API_KEYS_FILE ?? `${values.DATA_DIR}/api-keys.json`,
      rateLimitPerSecond: values.RATE_LIMIT_PER_SECOND,
      metricsAccess: values.METRICS_ACCESS,
      nodeId: values.NODE_ID,
      decisionPort: values.PORT,
      dataDir: values.DATA_DIR,
      journalFolder: `${values.DATA_DIR}/journal`,
      pseudonymKey: values.PSEUDONYM_KEY === null ? null : new Secret(values.PSEUDONYM_KEY),
      kafka: kafka.value,
      logLevel: values.LOG_LEVEL,
      logSampleRatio: values.LOG_SAMPLE_RATIO,
    },
  };
}
