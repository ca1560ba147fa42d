import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '#config/environment.js';
import { giveWay } from '#platform/give-way.js';
import { restartDelayMs } from './restart-delay.js';

const READY_POLL_MS = 25;
/** A process that ran this long had started well: what follows is a new row of failures. */
const STEADY_MS = 30_000;

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly isReady: () => Promise<boolean>;
  readonly readyMsMax: number;
  /** Whether it gives way to the others when the cores are busy; decisions never do. */
  readonly givesWay: boolean;
  /** From SIGTERM to SIGKILL. */
  readonly stopMsMax: number;
  /** Told when a running process ends by itself, and when its successor is ready. */
  readonly tell: (line: string) => void;
}

export type StartResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly cause: 'exited' | 'not_ready' | 'stopped' };

/** A child process that is started again, with growing waits, whenever it ends by itself. */
export class SupervisedProcess {
  #child: ChildProcess | null = null;
  #failuresInRow = 0;
  #startedAtMs = 0;
  readonly #stopping = new AbortController();

  constructor(private readonly options: ProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Null while there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /**
   * Starts the process and waits until it is ready. A failure here is final: nothing is restarted.
   */
  async start(): Promise<StartResult> {
    const child = this.#spawn();
    const result = await this.#untilReady(child);
    if (result.ok) this.#watch(child);
    else await this.stop();
    return result;
  }

  /** Asks the process to end and waits for it; kills it when it takes too long. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === null || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.options.stopMsMax);
    await ended;
    clearTimeout(timer);
  }

  #spawn(): ChildProcess {
    const { command, args, environment } = this.options;
    const child = spawn(command, args, {
      env: environment as NodeJS.ProcessEnv,
      // A group of its own: Ctrl-C reaches the supervisor only, which stops its processes in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    // A command that cannot be run is an exit like any other; `exit` is not sent for it.
    child.on('error', () => child.emit('exit', 127, null));
    // Before it starts threads, which take the priority over.
    if (this.options.givesWay && child.pid !== undefined) giveWay(child.pid);
    this.#child = child;
    this.#startedAtMs = performance.now();
    return child;
  }

  async #untilReady(child: ChildProcess): Promise<StartResult> {
    let exited = false;
    child.once('exit', () => (exited = true));
    const { isReady, readyMsMax } = this.options;
    while (performance.now() - this.#startedAtMs < readyMsMax) {
      if (this.#stopping.signal.aborted) return { ok: false, cause: 'stopped' };
      if (exited) return { ok: false, cause: 'exited' };
      if (await isReady()) return { ok: true };
      await sleep(READY_POLL_MS);
    }
    return { ok: false, cause: 'not_ready' };
  }

  #watch(child: ChildProcess): void {
    const onExit = (): void => {
      if (!this.#stopping.signal.aborted) void this.#restart(child);
    };
    if (hasEnded(child)) onExit();
    else child.once('exit', onExit);
  }

  async #restart(ended: ChildProcess): Promise<void> {
    const { name, tell } = this.options;
    if (performance.now() - this.#startedAtMs >= STEADY_MS) this.#failuresInRow = 0;
    this.#failuresInRow += 1;
    const delayMs = restartDelayMs(this.#failuresInRow);
    tell(`${name} ended (${describeEnd(ended)}); starting it again in ${delayMs} ms`);
    const endedAtMs = performance.now();
    await sleep(delayMs);
    if (this.#stopping.signal.aborted) return;
    const child = this.#spawn();
    this.#watch(child);
    const result = await this.#untilReady(child);
    if (result.ok) tell(`${name} is back after ${Math.round(performance.now() - endedAtMs)} ms`);
    // It hangs: killed, it is started again like any other that ended.
    else if (result.cause === 'not_ready') child.kill('SIGKILL');
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function describeEnd(child: ChildProcess): string {
  if (child.signalCode !== null) return `signal ${child.signalCode}`;
  return child.exitCode === null ? 'it could not be run' : `exit code ${child.exitCode}`;
}
