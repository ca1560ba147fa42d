import { arrivalTimes } from './arrivals.js';
import { Connection } from './connection.js';
import { Recorder, type LoadFigures } from './recorder.js';
import type { Stage } from './scenario.js';
import type { Target } from './target.js';

const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 512;
/** Waiting beyond this is a generator that has lost: the rest is dropped, and counted. */
const WAITING_MAX = 20_000;
const PROGRESS_INTERVAL_MS = 500;

export interface OpenLoopOptions {
  readonly target: Target;
  readonly stages: readonly Stage[];
  readonly nextBody: () => string;
  readonly onProgress?: (elapsedMs: number, recorder: Recorder) => void;
}

/**
 * Sends each request when it is due, however slow the answers are, and measures from when it was
 * due: a stalled service is charged for every request that would have come meanwhile (no
 * coordinated omission).
 */
export function runOpenLoop(options: OpenLoopOptions): Promise<LoadFigures> {
  return new Promise((resolve) => {
    new OpenLoop(options, resolve).start();
  });
}

class OpenLoop {
  private readonly recorder = new Recorder();
  private readonly arrivals: Iterator<number>;
  private readonly all: Connection[] = [];
  private readonly idle: Connection[] = [];
  private waiting: number[] = [];
  private waitingFrom = 0;
  private inFlight = 0;
  private nextDueMs: number | null = null;
  private startMs = 0;
  private nextProgressMs = PROGRESS_INTERVAL_MS;

  constructor(
    private readonly options: OpenLoopOptions,
    private readonly finish: (figures: LoadFigures) => void,
  ) {
    this.arrivals = arrivalTimes(options.stages);
  }

  start(): void {
    this.startMs = performance.now();
    this.advance();
    this.tick();
  }

  private readonly tick = (): void => {
    const nowMs = performance.now() - this.startMs;
    while (this.nextDueMs !== null && this.nextDueMs <= nowMs) {
      this.take(this.nextDueMs);
      this.advance();
    }
    if (nowMs >= this.nextProgressMs) {
      this.nextProgressMs = nowMs + PROGRESS_INTERVAL_MS;
      this.options.onProgress?.(nowMs, this.recorder);
    }
    if (this.nextDueMs !== null) {
      // The timer has steps of 1 ms. Spinning would be exact, and take a core from what is
      // measured.
      setTimeout(
        this.tick,
        Math.min(PROGRESS_INTERVAL_MS, Math.max(0, Math.floor(this.nextDueMs - nowMs))),
      );
    } else if (this.inFlight === 0) this.end();
  };

  private advance(): void {
    const next = this.arrivals.next();
    this.nextDueMs = next.done === true ? null : next.value;
  }

  private take(dueMs: number): void {
    this.recorder.due(dueMs);
    const connection = this.idle.pop() ?? this.openAnother();
    if (connection !== null) this.send(connection, dueMs);
    else if (this.waiting.length - this.waitingFrom < WAITING_MAX) this.waiting.push(dueMs);
    else this.recorder.drop();
  }

  private openAnother(): Connection | null {
    if (this.all.length >= CONNECTIONS_MAX) return null;
    const connection = new Connection(this.options.target, REQUEST_TIMEOUT_MS);
    this.all.push(connection);
    return connection;
  }

  private send(connection: Connection, dueMs: number): void {
    this.inFlight += 1;
    const body = this.options.nextBody();
    const sentMs = performance.now() - this.startMs;
    this.recorder.sent(sentMs - dueMs);
    connection.send(body, (reply) => {
      this.inFlight -= 1;
      this.recorder.reply(reply, { dueMs, sentMs, doneMs: performance.now() - this.startMs });
      this.release(connection);
    });
  }

  private release(connection: Connection): void {
    const dueMs = this.waiting[this.waitingFrom];
    if (dueMs !== undefined) {
      this.waitingFrom += 1;
      if (this.waitingFrom === this.waiting.length) {
        this.waiting = [];
        this.waitingFrom = 0;
      }
      this.send(connection, dueMs);
      return;
    }
    this.idle.push(connection);
    if (this.inFlight === 0 && this.nextDueMs === null) this.end();
  }

  private end(): void {
    for (const connection of this.all) connection.close();
    this.finish(this.recorder.figures());
  }
}
