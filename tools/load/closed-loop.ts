import { Connection } from './connection.js';
import type { Target } from './target.js';

const REQUEST_TIMEOUT_MS = 5_000;

export interface ClosedLoopOptions {
  readonly target: Target;
  readonly nextBody: () => string;
  /** How many requests are always under way. */
  readonly concurrency: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface ClosedLoopFigures {
  /** Answered with 200. */
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly degraded: number;
}

/**
 * The highest throughput with a fixed number of requests under way: each answer at once lets the
 * next one go. Right for a ratio of two throughputs, and for nothing said about latency.
 */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopFigures> {
  const fromMs = performance.now() + options.warmUpMs;
  const untilMs = fromMs + options.measureMs;
  let answered = 0;
  let failed = 0;
  let degraded = 0;
  const lane = (): Promise<void> =>
    new Promise((resolve) => {
      const connection = new Connection(options.target, REQUEST_TIMEOUT_MS);
      const again = (): void =>
        connection.send(options.nextBody(), (reply) => {
          const nowMs = performance.now();
          if (nowMs >= fromMs && nowMs < untilMs) {
            // A refusal is quick: counted, it would make an overloaded service look fast.
            if (reply.status === 200) answered += 1;
            else failed += 1;
            if (reply.degraded) degraded += 1;
          }
          if (nowMs < untilMs) return again();
          connection.close();
          resolve();
        });
      again();
    });
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return { requestsPerSecond: (answered * 1_000) / options.measureMs, failed, degraded };
}
