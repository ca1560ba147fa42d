import type { Cluster, Redis } from 'ioredis';
import { clusterSlot } from './cluster-slot.js';
import { createRedisClient, type RedisAddresses, type RedisClient } from './redis-client.js';
import { redisScripts } from './redis-scripts.js';
import { StoreError } from './store-error.js';

/**
 * Batches on their way at once; more means that Redis does not keep up, and waiting would not help.
 */
const IN_FLIGHT_MAX = 1_024;
/**
 * With no reply for this long and batches waiting, nothing more is sent: what is waiting is the
 * probe.
 */
const STALL_MS = 100;
const SINGLE_NODE = 'the only node';

export type RedisArgument = string | Buffer | number;

export interface RedisCommand {
  readonly name: string;
  /** The key that decides the node; it is among the arguments too. */
  readonly key: string;
  readonly args: readonly RedisArgument[];
}

/** A reply (Buffers, numbers, null, arrays of them), or why there is none. */
export type RedisReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: StoreError };

/** The reply of one item, out of a reply that lists one for each. */
export function itemOf(reply: RedisReply, nth: number): RedisReply {
  return reply.ok ? { ok: true, value: (reply.value as readonly unknown[])[nth] } : reply;
}

/** What is known of one node: whether it answers. */
interface NodeHealth {
  inFlight: number;
  lastReplyMs: number;
  stalled: boolean;
}

/**
 * Runs batches of commands, each in one round trip per node, within a time, or says that it could
 * not.
 */
export class RedisLink {
  /** Round trips so far: one per node and batch. */
  roundTrips = 0;
  lastError: Error | null = null;
  private readonly nodes = new Map<string, NodeHealth>();
  private closed = false;
  private readonly recoveryListeners: (() => void)[] = [];

  private constructor(private readonly redis: RedisClient) {}

  /** Starts connecting and waits a moment for it; a server that is away does not fail the start. */
  static async connect(addresses: RedisAddresses, waitMs: number): Promise<RedisLink> {
    const redis = createRedisClient(addresses);
    const link = new RedisLink(redis);
    const ready = new Promise<void>((resolve) => {
      link.onRecovery(resolve);
    });
    link.listen();
    await withinMs(ready, waitMs);
    return link;
  }

  get kind(): 'redis' | 'redis-cluster' {
    return this.redis.kind;
  }

  get isReady(): boolean {
    return this.redis.client.status === 'ready' && !this.closed;
  }

  /** Called whenever Redis answers again after it was away. */
  onRecovery(listener: () => void): void {
    this.recoveryListeners.push(listener);
  }

  /**
   * Runs the commands, one pipeline per node; the replies come in the commands' order. Never
   * rejects.
   */
  async execute(commands: readonly RedisCommand[], timeoutMs: number): Promise<RedisReply[]> {
    if (this.redis.kind === 'redis') return this.runOnNode(SINGLE_NODE, commands, timeoutMs);
    const replies: RedisReply[] = Array.from({ length: commands.length });
    const groups = this.groupByNode(commands, this.redis.client);
    await Promise.all(
      [...groups].map(async ([node, indexes]) => {
        const own = indexes.map((index) => commands[index]!);
        const group = await this.runOnNode(node, own, timeoutMs);
        indexes.forEach((index, nth) => {
          replies[index] = group[nth]!;
        });
      }),
    );
    return replies;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.redis.client.disconnect();
  }

  private healthOf(node: string): NodeHealth {
    let health = this.nodes.get(node);
    if (health === undefined) {
      health = { inFlight: 0, lastReplyMs: performance.now(), stalled: false };
      this.nodes.set(node, health);
    }
    return health;
  }

  /** Why nothing is sent to a node at the moment; null = it may be. */
  private refusal(health: NodeHealth): StoreError | null {
    if (!this.isReady) {
      const cause = this.lastError?.message ?? this.redis.client.status;
      return new StoreError('unavailable', `Redis is not connected: ${cause}`);
    }
    if (health.inFlight >= IN_FLIGHT_MAX) {
      return new StoreError('unavailable', `${IN_FLIGHT_MAX} batches wait for Redis already`);
    }
    if (health.inFlight > 0 && performance.now() - health.lastReplyMs > STALL_MS) {
      health.stalled = true;
      return new StoreError('timeout', `Redis has not answered for ${STALL_MS} ms`);
    }
    return null;
  }

  private groupByNode(commands: readonly RedisCommand[], cluster: Cluster): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    commands.forEach((command, index) => {
      const slot = clusterSlot(command.key);
      const node = cluster.slots[slot]?.[0] ?? `unassigned ${slot}`;
      const group = groups.get(node);
      if (group === undefined) groups.set(node, [index]);
      else group.push(index);
    });
    return groups;
  }

  private async runOnNode(
    node: string,
    commands: readonly RedisCommand[],
    timeoutMs: number,
  ): Promise<RedisReply[]> {
    const health = this.healthOf(node);
    const refusal = this.refusal(health);
    if (refusal !== null) return commands.map(() => ({ ok: false, error: refusal }));
    const deadlineMs = performance.now() + timeoutMs;
    const replies = await this.send(health, commands, timeoutMs);
    const unknown = commands.filter((_, index) => isScriptUnknown(replies[index]!));
    if (unknown.length === 0) return replies;
    // The server was restarted or flushed: the scripts are loaded and what failed is sent once
    // more.
    await withinMs(this.loadEverywhere(), Math.max(1, deadlineMs - performance.now()));
    const again = await this.send(health, unknown, Math.max(1, deadlineMs - performance.now()));
    let nth = 0;
    return replies.map((reply) => (isScriptUnknown(reply) ? again[nth++]! : reply));
  }

  private async send(
    health: NodeHealth,
    commands: readonly RedisCommand[],
    timeoutMs: number,
  ): Promise<RedisReply[]> {
    if (health.inFlight === 0) health.lastReplyMs = performance.now();
    health.inFlight += 1;
    this.roundTrips += 1;
    const running = this.settle(health, commands);
    const results = await withinMs(running, timeoutMs);
    if (results === null) {
      const error = new StoreError('timeout', `Redis did not answer within ${timeoutMs} ms`);
      return commands.map(() => ({ ok: false, error }));
    }
    return results;
  }

  private async settle(
    health: NodeHealth,
    commands: readonly RedisCommand[],
  ): Promise<RedisReply[]> {
    try {
      const replies =
        this.redis.kind === 'redis'
          ? await writeTogether(this.redis.client, commands)
          : await runPipeline(this.redis.client, commands);
      this.answered(health);
      return replies;
    } catch (error) {
      const failure = failed(error);
      return commands.map(() => failure);
    } finally {
      health.inFlight -= 1;
    }
  }

  private answered(health: NodeHealth): void {
    health.lastReplyMs = performance.now();
    if (!health.stalled) return;
    health.stalled = false;
    this.recovered();
  }

  private recovered(): void {
    for (const listener of this.recoveryListeners) listener();
  }

  private listen(): void {
    const { client } = this.redis;
    client.on('error', (error: Error) => {
      this.lastError = error;
    });
    if (this.redis.kind === 'redis-cluster') {
      this.redis.client.on('+node', (node: Redis) => {
        node.on('ready', () => void this.loadScripts(node));
      });
    }
    client.on('ready', () => {
      for (const health of this.nodes.values()) health.stalled = false;
      void this.loadEverywhere().then(() => {
        this.recovered();
      });
    });
  }

  private async loadEverywhere(): Promise<void> {
    const { redis } = this;
    const nodes = redis.kind === 'redis' ? [redis.client] : redis.client.nodes('master');
    await Promise.all(nodes.map((node) => this.loadScripts(node)));
  }

  /** A node that fails here answers NOSCRIPT later and is loaded then. */
  private async loadScripts(node: Redis): Promise<void> {
    try {
      const pipeline = node.pipeline();
      for (const script of redisScripts) pipeline.script('LOAD', script.lua);
      await pipeline.exec();
    } catch (error) {
      this.lastError = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/**
 * Sends the commands in one write, together with those of all other requests that this turn of the
 * event loop brought: a write costs as much as a request's commands. By themselves, not as a
 * pipeline of ioredis, whose objects cost as much again.
 */
function writeTogether(client: Redis, commands: readonly RedisCommand[]): Promise<RedisReply[]> {
  const { stream } = client;
  if (stream.writableCorked === 0) {
    stream.cork();
    setImmediate(() => stream.uncork());
  }
  const running = commands.map(({ name, args }) =>
    client.callBuffer(name, ...(args as [RedisArgument])).then(succeeded, failed),
  );
  return Promise.all(running);
}

/** In a cluster only a pipeline keeps the commands of one node together. */
async function runPipeline(
  client: Cluster,
  commands: readonly RedisCommand[],
): Promise<RedisReply[]> {
  const pipeline = client.pipeline();
  for (const { name, args } of commands) pipeline.callBuffer(name, ...(args as [RedisArgument]));
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, value]) => (error === null ? succeeded(value) : failed(error)));
}

function succeeded(value: unknown): RedisReply {
  return { ok: true, value };
}

function failed(error: unknown): RedisReply {
  return { ok: false, error: storeErrorOf(error) };
}

function isScriptUnknown(reply: RedisReply): boolean {
  return !reply.ok && reply.error.message.includes('NOSCRIPT');
}

function storeErrorOf(error: unknown): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError('unavailable', message, error);
}

/**
 * The promise's value, or null when it takes longer. A late rejection is taken care of by its
 * owner.
 */
async function withinMs<T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    // Where this process itself was held up, the answer may be waiting in the socket: it is read
    // before an immediate runs.
    timer = setTimeout(() => setImmediate(resolve, null), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
