import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.js';
import { freePort } from './redis-server.js';

const root = resolve(import.meta.dirname, '../../..');
/** The services that the log goes through, and what names their port. */
const PORTS = { experiments: 'EXPERIMENTS_PORT', 'log-shipper': 'LOG_SHIPPER_PORT' } as const;
type LogService = keyof typeof PORTS;
const READY_MS_MAX = 30_000;
const POLL_MS = 20;

const mainOf = (service: LogService): string => join(root, `dist/apps/${service}/src/main.js`);

/** What tests of the real process lack here, as the end of their title; empty = nothing. */
export function missingBuildOf(service: LogService): string {
  return existsSync(mainOf(service)) ? '' : ' (skipped without the build: npm run setup)';
}

/** One run of a built service. */
export class ServiceProcess {
  private constructor(
    private readonly service: LogService,
    readonly client: HttpClient,
    private readonly child: ChildProcess,
  ) {}

  /** Does not wait until it is ready. */
  static async start(
    service: LogService,
    key: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [mainOf(service)], {
      cwd: root,
      env: { ...environment, [PORTS[service]]: String(port), LOG_LEVEL: 'silent' },
      stdio: 'ignore',
    });
    return new ServiceProcess(service, new HttpClient(port, key), child);
  }

  async ready(): Promise<void> {
    const endsAtMs = performance.now() + READY_MS_MAX;
    while (performance.now() < endsAtMs) {
      const reply = await this.client.get('/health/ready').catch(() => null);
      if (reply?.status === 200) return;
      await sleep(POLL_MS);
    }
    throw new Error(`${this.service} did not become ready`);
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
