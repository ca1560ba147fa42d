import type { Log } from '#telemetry/logger.js';

const POLL_INTERVAL_MS = 10;

export interface ShutdownOptions {
  /**
   * How long /health/ready says no while requests are still taken, so that balancers look elsewhere
   * first, ms.
   */
  readonly drainMs: number;
  /** How long requests in flight may take after that, ms. */
  readonly graceMs: number;
  readonly log: Log;
}

interface ShutdownStep {
  readonly name: string;
  readonly close: () => void | Promise<void>;
}

export type ShutdownPhase = 'serving' | 'draining' | 'refusing';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Ends the process in order: not ready, then new requests refused, then requests in flight
 * finished, then the steps (server, journal, stores) in the order in which they were added.
 */
export class Shutdown {
  private phaseNow: ShutdownPhase = 'serving';
  private inFlight = 0;
  private readonly steps: ShutdownStep[] = [];
  private running: Promise<boolean> | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  get phase(): ShutdownPhase {
    return this.phaseNow;
  }

  /** Runs after those added before it. */
  add(name: string, close: () => void | Promise<void>): void {
    this.steps.push({ name, close });
  }

  requestBegan(): void {
    this.inFlight += 1;
  }

  requestEnded(): void {
    this.inFlight -= 1;
  }

  /** Runs once, however often it is called. False when requests were cut off or a step failed. */
  run(signal: string): Promise<boolean> {
    this.running ??= this.close(signal);
    return this.running;
  }

  private async close(signal: string): Promise<boolean> {
    const { log, drainMs, graceMs } = this.options;
    log.info('Shutting down', { signal });
    this.phaseNow = 'draining';
    await pause(drainMs);
    this.phaseNow = 'refusing';
    let clean = await this.finishRequests(graceMs);
    if (!clean) {
      log.warn('Requests in flight were cut off', { count: this.inFlight });
    }
    for (const step of this.steps) {
      try {
        await step.close();
      } catch (error) {
        clean = false;
        log.error('A part did not close as it should', { component: step.name, error });
      }
    }
    log.info('Shut down', { signal });
    return clean;
  }

  private async finishRequests(graceMs: number): Promise<boolean> {
    const endsAtMs = performance.now() + graceMs;
    while (this.inFlight > 0 && performance.now() < endsAtMs) {
      await pause(POLL_INTERVAL_MS);
    }
    return this.inFlight === 0;
  }
}

/** Ends the process by SIGTERM or SIGINT: exit code 0 when everything finished, 1 otherwise. */
export function shutDownOnSignals(shutdown: Shutdown, flushLogs: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      void shutdown.run(signal).then((clean) => {
        flushLogs();
        process.exit(clean ? 0 : 1);
      });
    });
  }
}
