import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { KafkaBroker, missingForKafka } from '#testing/kafka-broker.js';
import { LOG_RECORDS, type ShippedRecord, type StoredPosition } from '../shipped-record.js';
import { KafkaTransport, type KafkaTransportOptions } from './kafka-transport.js';
import { LogProducer } from './log-producer.js';

const missing = missingForKafka();
const PARTITIONS = 3;
const WAIT = { timeout: 30_000, interval: 50 };
const shipper = { node: 'node-1' };

function record(sequence: number, key = sequence): ShippedRecord {
  const text = JSON.stringify({ sequence, key, filler: 'x'.repeat(500) });
  return { source: 'journal', sequence, timeMs: 1_000 + sequence, type: 'decision', text };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const keyOf = ({ text }: ShippedRecord): Buffer =>
  Buffer.from(String((JSON.parse(text) as { key: number }).key));

/** What a handler with a database would keep: records, and the position behind them. */
class Stored {
  readonly records: ShippedRecord[] = [];
  readonly positions = new Map<string, StoredPosition>();
  failures = 0;

  take(records: readonly ShippedRecord[]): void {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the database is away');
    }
    this.records.push(...records);
    for (const one of records) this.positions.set(one.source, one);
  }

  /** Where the records stood in the topic. */
  get places(): string[] {
    return this.records.map(({ source, sequence }) => `${source} ${sequence}`);
  }

  get sequences(): number[] {
    return this.records.map(({ text }) => (JSON.parse(text) as { sequence: number }).sequence);
  }

  get sorted(): number[] {
    return this.sequences.toSorted((one, two) => one - two);
  }
}

test('brokers that take calls and never answer do not keep the end', async () => {
  const called = Promise.withResolvers<void>();
  const silent = createServer(() => called.resolve()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const transport = new KafkaTransport({
    config: { brokers: [{ host: '127.0.0.1', port }], topic: 'log', tls: null, sasl: null },
    group: 'group',
    position: async () => null,
    onProblem: () => undefined,
    onRetry: () => undefined,
  });
  transport.listen(() => undefined);
  await called.promise;
  await expect(transport.close()).resolves.toBeUndefined();
  silent.close();
});

describe.skipIf(missing !== '')(`the log through Kafka${missing}`, () => {
  let broker: KafkaBroker;
  let topic: string;
  let producer: LogProducer;
  let stored: Stored;
  let problems: string[];
  let topics = 0;
  const transports: KafkaTransport[] = [];
  beforeAll(async () => {
    broker = await KafkaBroker.start({ properties: [`num.partitions=${PARTITIONS}`] });
  });
  afterAll(async () => {
    await broker.stop();
  });
  beforeEach(async () => {
    topics += 1;
    topic = `log-${topics}`;
    stored = new Stored();
    problems = [];
    producer = await LogProducer.open({ config: broker.configOf(topic), shipper, keyOf });
    await producer.topic();
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await producer.close();
  });

  function listen(options: Partial<KafkaTransportOptions> = {}): KafkaTransport {
    const transport = new KafkaTransport({
      config: broker.configOf(topic),
      group: `group-${topic}`,
      position: async (source) => stored.positions.get(source) ?? null,
      onProblem: (message) => problems.push(message),
      onRetry: () => undefined,
      ...options,
    });
    transport.addHandler(
      LOG_RECORDS,
      async (records: readonly ShippedRecord[]) => stored.take(records),
      true,
    );
    transport.listen(() => undefined);
    transports.push(transport);
    return transport;
  }

  /** Nothing comes twice either. */
  const storedUpTo = (last: number): Promise<void> =>
    vi.waitFor(() => {
      expect(new Set(stored.sequences).size).toBe(last);
      expect(new Set(stored.places).size).toBe(stored.places.length);
    }, WAIT);

  test('every record arrives once, whole, those of one key in order', async () => {
    listen();
    const records = range(1, 2_000).map((sequence) => record(sequence, sequence % 7));
    for (let at = 0; at < records.length; at += 300) {
      await producer.send(records.slice(at, at + 300));
    }
    await storedUpTo(2_000);
    expect(stored.sorted).toEqual(range(1, 2_000));
    for (const key of range(0, 6)) {
      const mine = stored.sequences.filter((sequence) => sequence % 7 === key);
      expect(mine).toEqual(mine.toSorted((one, two) => one - two));
    }
    const [first] = stored.records.filter(({ text }) => text === records[0]!.text);
    expect(first).toMatchObject({ type: 'decision', timeMs: 1_001, text: records[0]!.text });
    expect(stored.positions.size).toBe(PARTITIONS);
    expect(problems).toEqual([]);
  });

  test('a batch that fails comes again, and reading goes on behind what is stored', async () => {
    stored.failures = 2;
    const first = listen();
    await producer.send(range(1, 50).map((sequence) => record(sequence)));
    await storedUpTo(50);
    await first.close();
    await producer.send(range(51, 80).map((sequence) => record(sequence)));
    listen();
    await storedUpTo(80);
    expect(stored.sorted).toEqual(range(1, 80));
  });

  test('a database that was set back gets again what it lost, whatever the group says', async () => {
    const first = listen();
    await producer.send(range(1, 30).map((sequence) => record(sequence)));
    await storedUpTo(30);
    await first.close();
    stored = new Stored();
    listen();
    await storedUpTo(30);
    expect(stored.sorted).toEqual(range(1, 30));
  });

  test('members share the partitions, and take over those of one that leaves', async () => {
    const first = listen();
    await producer.send(range(1, 100).map((sequence) => record(sequence)));
    await storedUpTo(100);
    listen();
    await sleep(2_500); // A heartbeat later both have their share.
    await producer.send(range(101, 200).map((sequence) => record(sequence)));
    await storedUpTo(200);
    await first.close();
    await producer.send(range(201, 300).map((sequence) => record(sequence)));
    await storedUpTo(300);
    expect([...new Set(stored.sorted)]).toEqual(range(1, 300));
  });

  test('what is no record of ours is handed on as unknown and holds nothing up', async () => {
    listen();
    await producer.send([record(1)]);
    const bootstrapBrokers = [broker.address];
    const other = new Producer({ clientId: 'other', bootstrapBrokers, idempotent: true });
    await other.send({
      messages: [
        { topic, partition: 0, value: Buffer.from('hello') },
        { topic, partition: 1 },
        { topic, partition: 2, headers: new Map([[Buffer.from('type'), Buffer.from('odd')]]) },
      ],
    });
    await other.close();
    await producer.send([record(2)]);
    await vi.waitFor(() => expect(stored.records).toHaveLength(5), WAIT);
    const unknown = stored.records.filter(({ type }) => type === 'unknown');
    expect(unknown.map(({ text }) => text).toSorted()).toEqual(['', '', 'hello']);
  });

  test('records in partitions that were added later are read too', async () => {
    listen({ shapeCheckMs: 200 });
    await producer.send(range(1, 30).map((sequence) => record(sequence)));
    await storedUpTo(30);
    await broker.addPartitions(topic, 2 * PARTITIONS);
    await producer.topic(); // The producer looks every five seconds by itself.
    await producer.send(range(31, 90).map((sequence) => record(sequence)));
    await storedUpTo(90);
    expect(stored.positions.size).toBe(2 * PARTITIONS);
  });

  test('a topic that is made anew is another source', async () => {
    listen();
    await producer.send(range(1, 10).map((sequence) => record(sequence)));
    await storedUpTo(10);
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await broker.deleteTopic(topic);
    await sleep(500);
    await producer.topic();
    await producer.send(range(11, 13).map((sequence) => record(sequence)));
    listen();
    await storedUpTo(13);
    expect(problems).toEqual([]);
  });

  test('a broker that is killed under load loses nothing and doubles nothing stored', async () => {
    listen();
    let sent = 0;
    let isSending = true;
    const sending = (async () => {
      while (isSending) {
        const batch = range(sent + 1, sent + 20).map((sequence) => record(sequence));
        try {
          await producer.send(batch);
          sent += 20;
        } catch {
          await sleep(100); // Sent again, as the shipper does.
        }
        await sleep(5);
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      await sleep(700);
      await broker.kill();
      await broker.start();
    }
    await sleep(500);
    isSending = false;
    await sending;
    await storedUpTo(sent);
    expect([...new Set(stored.sorted)]).toEqual(range(1, sent));
    expect(problems).toEqual([]);
  });
});
