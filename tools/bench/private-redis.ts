import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';

const CONNECT_WAIT_MS = 50;
const START_ATTEMPTS_MAX = 100;
const APPEND_FOLDER = 'appendonlydir';

export interface PrivateRedisOptions {
  /** Keeps an append-only file, written out each second, as under `npm start`. */
  readonly persistent?: boolean;
}

/** A Redis of our own on a unix socket, gone with its folder. */
export class PrivateRedis {
  private constructor(
    private readonly folder: string,
    private readonly options: PrivateRedisOptions,
    private server: ChildProcess,
    private readonly client: Redis,
  ) {}

  static async start(folder: string, options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
    const server = await spawnServer(folder, options);
    let hasStarted = false;
    const client = new Redis({
      path: socketIn(folder),
      maxRetriesPerRequest: null,
      // Later it is away as long as a benchmark wants it to be.
      retryStrategy: (attempt) =>
        hasStarted || attempt <= START_ATTEMPTS_MAX ? CONNECT_WAIT_MS : null,
    });
    // Refused until the server listens; what stays wrong is told by the ping.
    client.on('error', () => undefined);
    await client.ping();
    hasStarted = true;
    return new PrivateRedis(folder, options, server, client);
  }

  get socket(): string {
    return socketIn(this.folder);
  }

  /** Forgets all state, so that each turn begins with the same. */
  async clear(): Promise<void> {
    await this.client.flushall();
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.client.info('server'))?.[1] ?? 'unknown';
  }

  /** Stops answering without closing anything, like a server that is swapped out. */
  pause(): void {
    this.server.kill('SIGSTOP');
  }

  resume(): void {
    this.server.kill('SIGCONT');
  }

  /** Ends it at once, like a crash. */
  async kill(): Promise<void> {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGKILL');
    await ended;
  }

  /** Starts it again after `kill`; with `empty`, without what it had kept. */
  async restart({ empty }: { readonly empty: boolean }): Promise<void> {
    if (empty) await rm(join(this.folder, APPEND_FOLDER), { recursive: true, force: true });
    this.server = await spawnServer(this.folder, this.options);
    await this.client.ping();
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    const ended = once(this.server, 'exit');
    this.server.kill();
    await ended;
  }
}

function socketIn(folder: string): string {
  return join(folder, 'redis.sock');
}

async function spawnServer(
  folder: string,
  { persistent = false }: PrivateRedisOptions,
): Promise<ChildProcess> {
  const append = ['--appendonly', persistent ? 'yes' : 'no', '--auto-aof-rewrite-min-size', '1gb'];
  const keep = ['--save', '', ...append, '--dir', folder];
  const args = ['--port', '0', '--unixsocket', socketIn(folder), ...keep];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  await Promise.race([
    once(server, 'spawn'),
    once(server, 'error').then(([cause]) => {
      throw new Error('redis-server is not on PATH: install it to run this benchmark', { cause });
    }),
  ]);
  return server;
}
