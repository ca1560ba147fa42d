import { z } from 'zod';
import * as group from './variable-groups.js';
import { kafkaName, kafkaTopic, serverList, text } from './value-schemas.js';
import { number, variable } from './variable.js';

/** The log through Kafka. */
export const kafkaVariables = {
  KAFKA_BROKERS: variable({
    group: group.kafka,
    description:
      'Brokers to begin with, which name the others. With it the service log-shipper sends the journal ' +
      'there, and experiments reads the log from there.',
    expects: 'host:port, or several with commas',
    schema: serverList,
    fallback: null,
    unset: 'no Kafka: experiments reads the journal of this machine',
  }),
  KAFKA_TOPIC: variable({
    group: group.kafka,
    description:
      'Topic of the log. Made where it is missing, with the partitions and replicas that are the ' +
      "brokers' default.",
    expects: 'a name of letters, digits, dots, dashes and underscores',
    schema: kafkaTopic,
    fallback: 'tollgate.log',
  }),
  KAFKA_GROUP: variable({
    group: group.kafka,
    description: 'Consumer group of experiments. Every database that takes the log has its own.',
    expects: 'a name without spaces',
    schema: kafkaName,
    fallback: 'tollgate-experiments',
  }),
  KAFKA_TLS: variable({
    group: group.kafka,
    description: 'Whether connections to the brokers are encrypted and their certificates checked.',
    expects: '`on` or `off`',
    schema: z.enum(['on', 'off']),
    fallback: 'off',
  }),
  KAFKA_TLS_CA_FILE: variable({
    group: group.kafka,
    description: "Certificates of the authorities that the brokers' own are checked by, PEM.",
    expects: 'the path of a file',
    schema: text,
    fallback: null,
    unset: 'the public authorities that Node knows',
  }),
  KAFKA_SASL_MECHANISM: variable({
    group: group.kafka,
    description: 'How user and password are proven. `PLAIN` sends them: with KAFKA_TLS only.',
    expects: '`SCRAM-SHA-512`, `SCRAM-SHA-256` or `PLAIN`',
    schema: z.enum(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']),
    fallback: 'SCRAM-SHA-512',
  }),
  KAFKA_SASL_USERNAME: variable({
    group: group.kafka,
    description: 'User at the brokers.',
    expects: 'a text',
    schema: text,
    fallback: null,
    unset: 'no authentication',
  }),
  KAFKA_SASL_PASSWORD: variable({
    group: group.kafka,
    description: 'Password of that user.',
    expects: 'a text',
    schema: text,
    fallback: null,
    unset: 'no authentication',
  }),
  LOG_SHIPPER_PORT: number({
    group: group.kafka,
    description: 'Port of the service log-shipper: health, metrics. `0` takes any free one.',
    min: 0,
    max: 65_535,
    fallback: '8082',
  }),
} as const;
