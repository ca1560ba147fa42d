import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintApiKey } from '#platform/api-key-admin.js';
import { writeApiKeyFile } from '#platform/api-key-file.js';
import { HttpClient } from './http-client.js';
import { freePort, hasRedisServer } from './redis-server.js';

const root = resolve(import.meta.dirname, '../../..');
const main = join(root, 'dist/apps/decision-api/src/main.js');
const START_MS_MAX = 20_000;
const POLL_MS = 10;
const LOG_CHARACTERS_MAX = 10_000_000;

/**
 * What a test of the real process lacks on this machine, as the end of its title; null = nothing.
 */
export function missingForProcessTests({ redis }: { readonly redis: boolean }): string | null {
  if (!existsSync(main)) return 'needs the build: npm run setup';
  if (redis && !hasRedisServer()) return 'needs redis-server on PATH';
  return null;
}

export type LogLine = Readonly<Record<string, unknown>> & {
  readonly level: string;
  readonly message: string;
};

/** One run of the built decision-api. */
export class DecisionApiProcess {
  private output = '';

  private constructor(
    readonly client: HttpClient,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-LOG_CHARACTERS_MAX);
      });
    }
  }

  /** Resolves when it takes requests. */
  static async start(
    key: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<DecisionApiProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { ...environment, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = new DecisionApiProcess(new HttpClient(port, key), child);
    const endsAtMs = performance.now() + START_MS_MAX;
    while (!(await started.isLive())) {
      if (started.hasEnded || performance.now() > endsAtMs) {
        child.kill('SIGKILL');
        throw new Error(`decision-api did not start:\n${started.output}`);
      }
      await sleep(POLL_MS);
    }
    return started;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The log lines so far; they come up to half a second late. */
  get log(): LogLine[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal, waits for the end, and gives the exit code; null where the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.hasEnded) {
      const ended = once(this.child, 'close');
      this.child.kill(signal);
      await ended;
    }
    this.client.close();
    return this.child.exitCode;
  }

  private async isLive(): Promise<boolean> {
    try {
      return (await this.client.get('/health/live')).status === 200;
    } catch {
      return false; // Not listening yet.
    }
  }
}

/** A data folder and an API key for runs of decision-api one after the other. */
export class DecisionApiHome {
  private readonly started: DecisionApiProcess[] = [];

  private constructor(
    /** For files of the test. */
    readonly folder: string,
    /** Of all scopes that callers need. */
    readonly key: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** @param environment  Of every run; may name files in the folder. */
  static async create(
    environment: (folder: string) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<DecisionApiHome> {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-api-'));
    const key = mintApiKey('test', ['decide', 'label', 'read', 'publish'], Date.now());
    await writeApiKeyFile(join(folder, 'data/api-keys.json'), [key.entry]);
    return new DecisionApiHome(folder, key.text, environment(folder));
  }

  get journalFolder(): string {
    return join(this.folder, 'data/journal');
  }

  async start(): Promise<DecisionApiProcess> {
    const api = await DecisionApiProcess.start(this.key, {
      DATA_DIR: join(this.folder, 'data'),
      ORT_DISABLE_TELEMETRY: '1',
      // Shedding follows the load of this machine, which no test of behaviour may depend on.
      SHED_LOOP_DELAY_MS: '10000',
      // Halves the time of every start but the first.
      NODE_COMPILE_CACHE: join(tmpdir(), 'tollgate-compile-cache'),
      ...this.environment,
    });
    this.started.push(api);
    return api;
  }

  async remove(): Promise<void> {
    for (const api of this.started) await api.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
