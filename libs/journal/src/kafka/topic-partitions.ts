import { ListOffsetTimestamps, type Consumer } from '@platformatic/kafka';
import type { StoredPosition } from '../shipped-record.js';

/** What of a topic tells it from another of the same name, and how many partitions it has. */
export interface TopicShape {
  readonly topic: string;
  readonly id: string;
  readonly partitions: number;
}

/** Rejects where the topic does not exist. */
export async function describeTopic(
  client: Pick<Consumer, 'metadata'>,
  topic: string,
): Promise<TopicShape> {
  const { topics } = await client.metadata({ topics: [topic], forceUpdate: true });
  const found = topics.get(topic);
  if (found === undefined) throw new Error(`Unknown topic ${topic}.`);
  return { topic, id: found.id, partitions: found.partitionsCount };
}

/** Whether it is why `describeTopic` rejected. The client says so in a text only. */
export function isMissingTopic(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unknown topic ');
}

/**
 * The name of a partition among the sources of the log. A topic that was deleted and made anew has
 * other records at the same offsets, so its id is part of the name.
 */
export function sourceOf({ topic, id }: TopicShape, partition: number): string {
  return `kafka:${topic}:${partition}:${id}`;
}

interface Start {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Behind what is stored, where the partition still has that, else at its beginning. */
export async function startOffsets(
  consumer: Consumer,
  wanted: {
    readonly shape: TopicShape;
    readonly partitions: readonly number[];
    readonly position: (source: string) => Promise<StoredPosition | null>;
    readonly onProblem: (message: string) => void;
  },
): Promise<Start[]> {
  const { shape, partitions, position, onProblem } = wanted;
  if (partitions.length === 0) return [];
  const { topic } = shape;
  const boundsOf = async (timestamp: bigint): Promise<readonly bigint[]> =>
    (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic) ?? [];
  const firsts = await boundsOf(ListOffsetTimestamps.EARLIEST);
  const ends = await boundsOf(ListOffsetTimestamps.LATEST);
  const starts: Start[] = [];
  for (const partition of partitions) {
    const stored = await position(sourceOf(shape, partition));
    const bounds = { first: firsts[partition] ?? 0n, end: ends[partition] ?? 0n };
    const { offset, problem } = startOffset(stored, bounds);
    if (problem !== null) onProblem(`partition ${partition} of ${topic}: ${problem}`);
    starts.push({ topic, partition, offset });
  }
  return starts;
}

/** Where to begin in one partition, and what can no longer be read of it. */
export function startOffset(
  stored: StoredPosition | null,
  { first, end }: { readonly first: bigint; readonly end: bigint },
): { readonly offset: bigint; readonly problem: string | null } {
  if (stored === null) return { offset: first, problem: null };
  const next = BigInt(stored.sequence) + 1n;
  if (next < first) {
    const problem = `offsets ${next} to ${first - 1n} were removed before they were stored`;
    return { offset: first, problem };
  }
  if (next > end) {
    const problem = `offset ${stored.sequence} was stored, but the partition ends at ${end}: \
the brokers lost records; it is read from its beginning`;
    return { offset: first, problem };
  }
  return { offset: next, problem: null };
}
