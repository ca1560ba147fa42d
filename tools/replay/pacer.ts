import { setTimeout as sleep } from 'node:timers/promises';

/**
 * When the next request is due. With a rate, times are fixed from the start (an open loop): a slow
 * answer does not delay the requests after it, and latency counts from the time a request was due.
 */
export class Pacer {
  private startMs = Number.NaN;
  private sent = 0;

  /** @param rate  Requests a second; null = as fast as it goes. */
  constructor(private readonly rate: number | null) {}

  /** Waits for the next turn; returns the time it was due, on the clock of performance.now(). */
  async turn(): Promise<number> {
    const nowMs = performance.now();
    if (this.rate === null) return nowMs;
    if (this.sent === 0) this.startMs = nowMs;
    const dueMs = this.startMs + (this.sent * 1000) / this.rate;
    this.sent += 1;
    // Timers count whole milliseconds; what is due within the next one is sent now.
    if (dueMs - nowMs >= 1) await sleep(dueMs - nowMs);
    return dueMs;
  }
}
