import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { kafkaConfigOf, type KafkaConfig } from './kafka-config.js';
import { serviceConfigOf, type ServiceConfig } from './service-config.js';

/** Everything that log-shipper is told from outside; parsed once at start. Paths are as written. */
export interface LogShipperConfig extends ServiceConfig {
  /** Null: the host name and the port that decisions are asked for on. */
  readonly nodeId: string | null;
  readonly decisionPort: number;
  readonly journalFolder: string;
  readonly kafka: KafkaConfig;
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
      ...serviceConfigOf(values, values.LOG_SHIPPER_PORT),
      nodeId: values.NODE_ID,
      decisionPort: values.PORT,
      journalFolder: `${values.DATA_DIR}/journal`,
      kafka: kafka.value,
    },
  };
}
