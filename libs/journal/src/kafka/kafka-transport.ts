import { setTimeout as sleep } from 'node:timers/promises';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { Consumer, type Message } from '@platformatic/kafka';
import type { KafkaConfig } from '#config/kafka-config.js';
import { inBatches } from '../in-batches.js';
import {
  BATCH_RECORDS_MAX,
  handRecords,
  LINGER_MS,
  type ShippedRecord,
  type StoredPosition,
} from '../shipped-record.js';
import { untilDone } from '../until-done.js';
import { clientOptions } from './kafka-client.js';
import { envelopeOf } from './kafka-envelope.js';
import { describeTopic, sourceOf, startOffsets, type TopicShape } from './topic-partitions.js';

/** As short as brokers allow by default: the partitions of a killed consumer wait that long. */
const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_500;
/** How long a group waits for members that do not come back. */
const REBALANCE_MS = 10_000;
const FETCH_WAIT_MS_MAX = 1_000;
/** As compressed: what one answer brings is held in memory, several times as large. */
const FETCH_BYTES_MAX = 4 * 1_048_576;
/** Brokers that do not answer must not keep a process that ends. */
const CLOSE_MS_MAX = 3_000;
const SHAPE_CHECK_MS_DEFAULT = 30_000;

export interface KafkaTransportOptions {
  readonly config: KafkaConfig;
  /** The consumer group, which shares the partitions out. */
  readonly group: string;
  /** Where a source stands; rejections are tried again. Null: it is read from its beginning. */
  readonly position: (source: string) => Promise<StoredPosition | null>;
  /** How often it looks for new partitions of the topic. */
  readonly shapeCheckMs?: number;
  /** A part of a source can no longer be read; reading goes on behind it. */
  readonly onProblem: (message: string) => void;
  /** A batch was not stored, or the brokers were not reached; tried again after a wait. */
  readonly onRetry: (error: unknown, waitMs: number) => void;
}

/**
 * Ships the topic of the log to the handlers of `LOG_RECORDS`, at least once: the next batch comes
 * when the handler of the last one is done, and the same batch again when it failed. Reading begins
 * behind the positions that the handler stored together with the records, which makes that exactly
 * once. The group's own offsets follow, for those who watch its lag.
 */
export class KafkaTransport extends Server implements CustomTransportStrategy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: KafkaTransportOptions) {
    super();
  }

  /** Nest calls this when the handlers are there. */
  listen(started: () => void): void {
    const { onRetry } = this.options;
    const { signal } = this.stopping;
    this.running = (async () => {
      while (!signal.aborted) await untilDone({ signal, onRetry }, () => this.takePart());
    })();
    started();
  }

  /** Resolves when the batch in hand is done, or given up because it failed or took too long. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.race([this.running, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
  }

  on(): never {
    throw new Error('KafkaTransport has no events of its own');
  }

  unwrap(): never {
    throw new Error('KafkaTransport has no server behind it');
  }

  /** Is a member of the group until something fails or the topic gets more partitions. */
  private async takePart(): Promise<void> {
    const { config, group, shapeCheckMs = SHAPE_CHECK_MS_DEFAULT } = this.options;
    const consumer = new Consumer({
      ...(await clientOptions(config, `tollgate-${group}`)),
      groupId: group,
      autocommit: false,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_MS,
      maxWaitTime: FETCH_WAIT_MS_MAX,
      maxBytes: FETCH_BYTES_MAX,
    });
    const membership = new Membership(this.stopping.signal);
    consumer.on('error', (error) => membership.fail(error));
    consumer.on('consumer:heartbeat:stalled', () => membership.fail(new Error('no heartbeat')));
    consumer.on('consumer:group:join', () => membership.shareAgain());
    let shapeCheck: NodeJS.Timeout | undefined;
    try {
      const shape = await describeTopic(consumer, config.topic);
      shapeCheck = setInterval(() => {
        describeTopic(consumer, config.topic).then(
          (now) => {
            if (now.id !== shape.id || now.partitions !== shape.partitions) membership.end();
          },
          () => undefined, // Fetching fails as well, and is what is reported.
        );
      }, shapeCheckMs);
      // Counted once more than the streams do: the last of them to end would leave the topic.
      consumer.topics.track(config.topic);
      await consumer.joinGroup();
      while (!membership.isOver) await this.readShare(consumer, shape, membership.newShare());
    } finally {
      clearInterval(shapeCheck);
      membership.end();
      // The brokers may be away: they notice by themselves that the member is gone.
      await consumer.close(true).catch(() => undefined);
    }
    membership.rethrow();
  }

  /** Reads the partitions that are this member's until the group shares them out anew. */
  private async readShare(consumer: Consumer, shape: TopicShape, signal: AbortSignal) {
    const { topic } = this.options.config;
    const assigned = consumer.assignments?.find((assignment) => assignment.topic === topic);
    const partitions = assigned?.partitions ?? [];
    const offsets = await startOffsets(consumer, { shape, partitions, ...this.options });
    if (signal.aborted) return;
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'manual',
      fallbackMode: 'fail',
      offsets,
      maxWaitTime: FETCH_WAIT_MS_MAX,
    });
    const stop = (): void => void stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const messages of inBatches(
        stream[Symbol.asyncIterator](),
        BATCH_RECORDS_MAX,
        LINGER_MS,
      )) {
        if (signal.aborted) return;
        await this.storeAll(consumer, messages, { shape, signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.destroy();
    }
  }

  private async storeAll(
    consumer: Consumer,
    messages: readonly Message[],
    { shape, signal }: { readonly shape: TopicShape; readonly signal: AbortSignal },
  ): Promise<void> {
    const { onRetry } = this.options;
    const records = messages.map((message) => recordOf(message, shape));
    await untilDone({ signal, onRetry }, () => handRecords(this, records));
    if (signal.aborted) return;
    const lasts = new Map(messages.map((message) => [message.partition, message]));
    await consumer.commit({
      offsets: [...lasts.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch,
      })),
    });
  }
}

function recordOf(message: Message, shape: TopicShape): ShippedRecord {
  const value = message.value as Buffer | undefined;
  return {
    source: sourceOf(shape, message.partition),
    sequence: Number(message.offset),
    ...envelopeOf(message.headerEntries, Number(message.timestamp)),
    text: value?.toString('utf8') ?? '',
  };
}

/** One membership in the group: a row of shares, each until the group shares out anew. */
class Membership {
  private over = false;
  private failure: Error | null = null;
  private share = new AbortController();

  constructor(private readonly stopping: AbortSignal) {}

  get isOver(): boolean {
    return this.over || this.stopping.aborted;
  }

  newShare(): AbortSignal {
    this.share = new AbortController();
    return AbortSignal.any([this.share.signal, this.stopping]);
  }

  shareAgain(): void {
    this.share.abort();
  }

  end(): void {
    this.over = true;
    this.share.abort();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.end();
  }

  rethrow(): void {
    if (this.failure !== null && !this.stopping.aborted) throw this.failure;
  }
}
