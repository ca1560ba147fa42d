import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const READY_ATTEMPTS_MAX = 200;
const READY_WAIT_MS = 25;
const CLUSTER_SLOTS = 16_384;

/** Whether tests that need a real server can run here. */
export function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface RedisServerOptions {
  /** Listens on TCP (loopback) too, on this port. */
  readonly port?: number;
  /** Keeps an append-only file, so that a restart finds the data. */
  readonly persistent?: boolean;
  readonly extraArgs?: readonly string[];
}

/** A private redis-server on a Unix socket in a folder of its own. */
export class RedisServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-redis-'));
  private process: ChildProcess | null = null;

  private constructor(private readonly options: RedisServerOptions) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options);
    await server.start();
    return server;
  }

  get socketPath(): string {
    return join(this.folder, 'redis.sock');
  }

  get pid(): number {
    if (this.process?.pid === undefined) throw new Error('the server is not running');
    return this.process.pid;
  }

  /** Starts it again, for instance after `kill`. */
  async start(): Promise<void> {
    const { port = 0, persistent = false, extraArgs = [] } = this.options;
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', this.socketPath];
    args.push('--dir', this.folder, '--save', '', '--appendonly', persistent ? 'yes' : 'no');
    args.push('--appendfsync', 'always', '--daemonize', 'no', ...extraArgs);
    this.process = spawn('redis-server', args, { stdio: 'ignore' });
    await this.answers();
  }

  /**
   * Stops answering without closing anything: what a swapped-out or overloaded server looks like.
   */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it at once, like a crash. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A plain client of the server, for looking at it from outside. The caller disconnects it. */
  client(): Redis {
    return new Redis({ path: this.socketPath });
  }

  private async answers(): Promise<void> {
    for (let attempt = 0; attempt < READY_ATTEMPTS_MAX; attempt += 1) {
      const client = new Redis({ path: this.socketPath, lazyConnect: true, retryStrategy: null });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.ping();
        return;
      } catch {
        await sleep(READY_WAIT_MS);
      } finally {
        client.disconnect();
      }
    }
    throw new Error('redis-server did not answer');
  }
}

/** A real cluster of three masters on loopback. */
export class RedisCluster {
  private constructor(
    readonly nodes: readonly RedisServer[],
    readonly urls: readonly string[],
  ) {}

  static async start(): Promise<RedisCluster> {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const busPorts = await Promise.all([freePort(), freePort(), freePort()]);
    const nodes = await Promise.all(
      ports.map((port, index) =>
        RedisServer.start({
          port,
          extraArgs: ['--cluster-enabled', 'yes', '--cluster-port', String(busPorts[index])],
        }),
      ),
    );
    const clients = nodes.map((node) => node.client());
    try {
      for (const [index, client] of clients.entries()) {
        const first = Math.floor((CLUSTER_SLOTS * index) / ports.length);
        const last = Math.floor((CLUSTER_SLOTS * (index + 1)) / ports.length) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last);
        await client.call('CLUSTER', 'MEET', '127.0.0.1', ports[0]!, busPorts[0]!);
      }
      for (const client of clients) await clusterIsWhole(client, ports.length);
    } finally {
      for (const client of clients) client.disconnect();
    }
    return new RedisCluster(
      nodes,
      ports.map((port) => `redis://127.0.0.1:${port}`),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

async function clusterIsWhole(client: Redis, nodes: number): Promise<void> {
  for (let attempt = 0; attempt < READY_ATTEMPTS_MAX; attempt += 1) {
    const info = String(await client.call('CLUSTER', 'INFO'));
    const isWhole = info.includes('cluster_state:ok') && info.includes(`cluster_size:${nodes}`);
    if (isWhole) return;
    await sleep(READY_WAIT_MS * 2);
  }
  throw new Error('the cluster did not come together');
}

/** A loopback port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
