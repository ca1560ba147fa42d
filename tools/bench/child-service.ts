import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietNodeFlags, serviceNodeFlags } from '#config/node-flags.js';

const START_MS_MAX = 60_000;
const START_POLL_MS = 100;
const STDERR_KEPT_CHARS = 4_000;

export interface ChildOptions {
  readonly name: string;
  /** The script and its arguments. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** Answers 200 once the service is ready. */
  readonly readyPath: string;
  /** Lets it run when others leave a core free: it is nothing that decisions wait for. */
  readonly giveWay?: (pid: number) => void;
}

/** A service under measurement, in a process of its own. */
export class ChildService {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  static async start(options: ChildOptions): Promise<ChildService> {
    const { giveWay } = options;
    const flags = giveWay === undefined ? serviceNodeFlags : quietNodeFlags;
    const child = spawn(process.execPath, [...flags, ...options.args], {
      env: { ...options.environment, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // What gives way does so as a session of its own.
      detached: giveWay !== undefined,
    });
    if (child.pid !== undefined) giveWay?.(child.pid);
    process.once('exit', () => child.kill('SIGKILL'));
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-STDERR_KEPT_CHARS);
    });
    const service = new ChildService(options.port, child);
    const deadlineMs = performance.now() + START_MS_MAX;
    while (!(await service.isReady(options.readyPath))) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadlineMs) {
        child.kill('SIGKILL');
        const how = ended ? 'ended at its start' : `was not ready after ${START_MS_MAX} ms`;
        throw new Error(`${options.name} ${how}\n${said.trimEnd()}`);
      }
      await sleep(START_POLL_MS);
    }
    return service;
  }

  /** The most memory it ever held, MB of 10^6 bytes. Linux only. */
  async peakResidentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    const kib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    return (kib * 1_024) / 1_000_000;
  }

  /** Stops it where it is, without closing anything. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    this.resume();
    await ended;
  }

  private async isReady(path: string): Promise<boolean> {
    try {
      const reply = await fetch(`http://127.0.0.1:${this.port}${path}`);
      await reply.arrayBuffer();
      return reply.status === 200;
    } catch {
      return false; // Not listening yet.
    }
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
