import type { ConfigProblem, Loaded, Values } from './environment.js';
import { Secret } from './secret.js';
import type { ServerAddress } from './value-schemas.js';

/** How Kafka is reached, and where the log is in it. */
export interface KafkaConfig {
  readonly brokers: readonly ServerAddress[];
  readonly topic: string;
  /** Null: not encrypted. */
  readonly tls: {
    /** Null: the public authorities. */
    readonly caFile: string | null;
  } | null;
  /** Null: no authentication. */
  readonly sasl: {
    readonly mechanism: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN';
    readonly username: string;
    readonly password: Secret<string>;
  } | null;
}

/** Null where no brokers are named. */
export function kafkaConfigOf(values: Values): Loaded<KafkaConfig | null> {
  if (values.KAFKA_BROKERS === null) return { ok: true, value: null };
  const problems = contradictions(values);
  if (problems.length > 0) return { ok: false, problems };
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = values;
  return {
    ok: true,
    value: {
      brokers: values.KAFKA_BROKERS,
      topic: values.KAFKA_TOPIC,
      tls: values.KAFKA_TLS === 'on' ? { caFile: values.KAFKA_TLS_CA_FILE } : null,
      sasl:
        username === null || password === null
          ? null
          : {
              mechanism: values.KAFKA_SASL_MECHANISM,
              username,
              password: new Secret(password),
            },
    },
  };
}

function contradictions(values: Values): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = values;
  if (values.KAFKA_TLS === 'off' && values.KAFKA_TLS_CA_FILE !== null) {
    problems.push({ variable: 'KAFKA_TLS', fix: 'must be `on` where KAFKA_TLS_CA_FILE is set' });
  }
  if (username !== null && password === null) {
    problems.push({ variable: 'KAFKA_SASL_PASSWORD', fix: 'must be set with KAFKA_SASL_USERNAME' });
  }
  if (username === null && password !== null) {
    problems.push({ variable: 'KAFKA_SASL_USERNAME', fix: 'must be set with KAFKA_SASL_PASSWORD' });
  }
  if (username !== null && values.KAFKA_SASL_MECHANISM === 'PLAIN' && values.KAFKA_TLS === 'off') {
    problems.push({ variable: 'KAFKA_TLS', fix: 'must be `on` where a password is sent as it is' });
  }
  return problems;
}
