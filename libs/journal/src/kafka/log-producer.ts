import { Admin, compatibilityPartitioner, Producer } from '@platformatic/kafka';
import type { KafkaConfig } from '#config/kafka-config.js';
import type { ShippedRecord } from '../shipped-record.js';
import { clientOptions } from './kafka-client.js';
import { headersOf, type Shipper } from './kafka-envelope.js';
import { describeTopic, isMissingTopic, type TopicShape } from './topic-partitions.js';

/**
 * A broker takes batches of up to 1 MiB, if nobody changed it, and what is sent together may be one
 * batch.
 */
const SEND_BYTES_MAX = 786_432;
const HEADER_BYTES = 160;
const CLIENT = 'tollgate-log-shipper';

export interface LogProducerOptions {
  readonly config: KafkaConfig;
  readonly shipper: Shipper;
  /** What stays together and in order; null: anywhere. */
  readonly keyOf: (record: ShippedRecord) => Buffer | null;
}

/** Writes records of the log to the topic: idempotent, acknowledged by all in-sync replicas. */
export class LogProducer {
  private readonly closing = Promise.withResolvers<never>();

  private constructor(
    private readonly producer: Producer,
    private readonly options: LogProducerOptions,
  ) {
    this.closing.promise.catch(() => undefined); // Only what is under way then hears of it.
  }

  static async open(options: LogProducerOptions): Promise<LogProducer> {
    const producer = new Producer({
      ...(await clientOptions(options.config, CLIENT)),
      idempotent: true,
      compression: 'lz4',
      // Where the Java client and all that follow it put a key.
      partitioner: compatibilityPartitioner,
    });
    return new LogProducer(producer, options);
  }

  /**
   * Resolves when the brokers have them all. Rejects when they may have some: then all may be sent
   * again, which those who read the topic take for what they know.
   */
  async send(records: readonly ShippedRecord[]): Promise<void> {
    const { topic } = this.options.config;
    for (const messages of this.portions(records)) {
      await this.unlessClosed(
        this.producer.send({ messages: messages.map((message) => ({ topic, ...message })) }),
      );
    }
  }

  /** The topic as it is; made with the brokers' defaults where it is missing. */
  topic(): Promise<TopicShape> {
    return this.unlessClosed(this.provideTopic());
  }

  /** What is under way is given up. */
  async close(): Promise<void> {
    this.closing.reject(new Error('the producer was closed'));
    await this.producer.close(true);
  }

  private unlessClosed<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.closing.promise]);
  }

  private async provideTopic(): Promise<TopicShape> {
    const { config } = this.options;
    try {
      return await describeTopic(this.producer, config.topic);
    } catch (error) {
      if (!isMissingTopic(error)) throw error;
    }
    const admin = new Admin(await clientOptions(config, CLIENT));
    try {
      await admin.createTopics({ topics: [config.topic], partitions: -1, replicas: -1 });
    } finally {
      await admin.close();
    }
    return describeTopic(this.producer, config.topic);
  }

  private *portions(records: readonly ShippedRecord[]): Generator<Message[]> {
    let portion: Message[] = [];
    let bytes = 0;
    for (const record of records) {
      const message = this.messageOf(record);
      const size = message.value.length + HEADER_BYTES;
      if (portion.length > 0 && bytes + size > SEND_BYTES_MAX) {
        yield portion;
        portion = [];
        bytes = 0;
      }
      portion.push(message);
      bytes += size;
    }
    if (portion.length > 0) yield portion;
  }

  private messageOf(record: ShippedRecord): Message {
    const key = this.options.keyOf(record);
    return {
      value: Buffer.from(record.text),
      headers: headersOf(record, this.options.shipper),
      ...(key === null ? {} : { key }),
    };
  }
}

interface Message {
  readonly key?: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}
