import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '#testing/http-client.js';
import { freePort } from '#testing/redis-server.js';

const root = resolve(import.meta.dirname, '../../..');
const main = join(root, 'dist/apps/experiments/src/main.js');
const READY_MS_MAX = 30_000;
const POLL_MS = 20;

export const isExperimentsBuilt = existsSync(main);

/** One run of the built service experiments. */
export class ExperimentsProcess {
  private constructor(
    readonly client: HttpClient,
    private readonly child: ChildProcess,
  ) {}

  /** Does not wait until it is ready. */
  static async start(
    key: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<ExperimentsProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { ...environment, EXPERIMENTS_PORT: String(port), LOG_LEVEL: 'silent' },
      stdio: 'ignore',
    });
    return new ExperimentsProcess(new HttpClient(port, key), child);
  }

  async ready(): Promise<void> {
    const endsAtMs = performance.now() + READY_MS_MAX;
    while (performance.now() < endsAtMs) {
      const reply = await this.client.get('/health/ready').catch(() => null);
      if (reply?.status === 200) return;
      await sleep(POLL_MS);
    }
    throw new Error('experiments did not become ready');
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }
}
