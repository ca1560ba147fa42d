import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';

const START_ATTEMPTS_MAX = 100;
const START_WAIT_MS = 50;

/** A Redis of our own on a unix socket, without persistence, gone with its folder. */
export class PrivateRedis {
  private constructor(
    readonly socket: string,
    private readonly server: ChildProcess,
    private readonly client: Redis,
  ) {}

  static async start(folder: string): Promise<PrivateRedis> {
    const socket = join(folder, 'redis.sock');
    const memoryOnly = ['--save', '', '--appendonly', 'no', '--dir', folder];
    const args = ['--port', '0', '--unixsocket', socket, ...memoryOnly];
    const server = spawn('redis-server', args, { stdio: 'ignore' });
    await Promise.race([
      once(server, 'spawn'),
      once(server, 'error').then(([cause]) => {
        throw new Error('redis-server is not on PATH: install it to measure the path', { cause });
      }),
    ]);
    const client = new Redis({
      path: socket,
      maxRetriesPerRequest: null,
      retryStrategy: (attempt) => (attempt > START_ATTEMPTS_MAX ? null : START_WAIT_MS),
    });
    // Refused until the server listens; what stays wrong is told by the ping.
    client.on('error', () => undefined);
    await client.ping();
    return new PrivateRedis(socket, server, client);
  }

  /** Forgets all state, so that each turn begins with the same. */
  async clear(): Promise<void> {
    await this.client.flushall();
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.client.info('server'))?.[1] ?? 'unknown';
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    const ended = once(this.server, 'exit');
    this.server.kill();
    await ended;
  }
}
