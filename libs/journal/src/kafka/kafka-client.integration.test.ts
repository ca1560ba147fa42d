import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaConfig } from '#config/kafka-config.js';
import { Secret } from '#config/secret.js';
import { KafkaBroker, missingForKafka } from '#testing/kafka-broker.js';
import { brokerErrorOf } from './kafka-client.js';
import { LogProducer } from './log-producer.js';

const missing = missingForKafka();
const user = { name: 'tollgate', password: 'hunter2' };

describe.skipIf(missing !== '')(`brokers that ask who calls${missing}`, () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await KafkaBroker.start({ user, properties: ['message.max.bytes=5000'] });
  });
  afterAll(() => broker.stop());

  function config(change: Partial<KafkaConfig> = {}): KafkaConfig {
    return {
      brokers: [{ host: 'localhost', port: broker.securePort }],
      topic: 'secured',
      tls: { caFile: broker.certificateFile },
      sasl: {
        mechanism: 'SCRAM-SHA-512',
        username: user.name,
        password: new Secret(user.password),
      },
      ...change,
    };
  }

  async function send(change: Partial<KafkaConfig> = {}, text = '{}'): Promise<void> {
    const shipper = { node: 'node-1' };
    const producer = await LogProducer.open({ config: config(change), shipper, keyOf: () => null });
    try {
      await producer.topic();
      await producer.send([{ source: 'journal', sequence: 1, timeMs: 1, type: 'label', text }]);
    } finally {
      await producer.close();
    }
  }

  test('are written to with TLS and a password', async () => {
    await expect(send()).resolves.toBeUndefined();
  });

  test('refuse another password, and say so by name', async () => {
    const password = new Secret('wrong');
    const sasl = { mechanism: 'SCRAM-SHA-512', username: user.name, password } as const;
    const error = await send({ sasl }).catch((cause: unknown) => cause);
    expect(brokerErrorOf(error)).toBe('SASL_AUTHENTICATION_FAILED');
    expect(String(error)).not.toContain('wrong');
  });

  test('refuse a record that is too large, and say so by name', async () => {
    const error = await send({}, randomBytes(5_000).toString('base64')).catch(
      (cause: unknown) => cause,
    );
    expect(brokerErrorOf(error)).toBe('MESSAGE_TOO_LARGE');
  });

  test('are not spoken to where their certificate is of nobody we know', async () => {
    const error = await send({ tls: { caFile: null } }).catch((cause: unknown) => cause);
    expect(inspect(error, { depth: 9 })).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});
