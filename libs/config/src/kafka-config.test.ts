import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadExperimentsConfig } from './experiments-config.js';
import { loadLogShipperConfig } from './log-shipper-config.js';

const brokers = { KAFKA_BROKERS: 'a:9092' };

function problems(environment: Record<string, string>): string[] {
  const loaded = loadLogShipperConfig(environment);
  return loaded.ok ? [] : loaded.problems.map(({ variable }) => variable);
}

test('brokers are hosts with ports; the rest has defaults', () => {
  const loaded = loadLogShipperConfig({ KAFKA_BROKERS: 'a:9092, b.example:19092,[::1]:9092' });
  expect(loaded).toMatchObject({
    ok: true,
    value: {
      port: 8082,
      kafka: {
        brokers: [
          { host: 'a', port: 9092 },
          { host: 'b.example', port: 19_092 },
          { host: '::1', port: 9092 },
        ],
        topic: 'tollgate.log',
        tls: null,
        sasl: null,
      },
    },
  });
});

test('without brokers the log is read from the journal, and nothing can be shipped', () => {
  const loaded = loadExperimentsConfig({ DATABASE_URL: 'postgres://a/b' });
  expect(loaded).toMatchObject({ ok: true, value: { kafka: null } });
  expect(problems({})).toEqual(['KAFKA_BROKERS']);
});

test.each([
  [{ KAFKA_BROKERS: 'a' }, ['KAFKA_BROKERS']],
  [{ KAFKA_BROKERS: 'a:0' }, ['KAFKA_BROKERS']],
  [{ KAFKA_BROKERS: 'a:9092,' }, ['KAFKA_BROKERS']],
  [{ KAFKA_BROKERS: 'kafka://a:9092' }, ['KAFKA_BROKERS']],
  [{ KAFKA_TOPIC: '..' }, ['KAFKA_TOPIC']],
  [{ KAFKA_TOPIC: 'a topic' }, ['KAFKA_TOPIC']],
  [{ KAFKA_TLS_CA_FILE: 'ca.pem' }, ['KAFKA_TLS']],
  [{ KAFKA_SASL_USERNAME: 'u' }, ['KAFKA_SASL_PASSWORD']],
  [{ KAFKA_SASL_PASSWORD: 'p' }, ['KAFKA_SASL_USERNAME']],
  [
    { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p', KAFKA_SASL_MECHANISM: 'PLAIN' },
    ['KAFKA_TLS'],
  ],
])('%o is refused by name', (environment, variables) => {
  expect(problems({ ...brokers, ...environment })).toEqual(variables);
});

test('the password is not printed with the configuration', () => {
  const sasl = { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'hunter2' };
  const loaded = loadLogShipperConfig({ ...brokers, ...sasl });
  expect(loaded).toMatchObject({ value: { kafka: { sasl: { mechanism: 'SCRAM-SHA-512' } } } });
  expect(inspect(loaded, { depth: 9 }) + JSON.stringify(loaded)).not.toContain('hunter2');
});
