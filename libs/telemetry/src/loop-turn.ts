import type { Clock } from './clock.js';

/**
 * When the current turn of the event loop began, as far as anybody asked in it. What is read from a
 * socket late in a long turn has waited that long already, in the kernel, where nobody counts.
 */
export class LoopTurn {
  private startedMs: number | null = null;
  private readonly end = (): void => {
    this.startedMs = null;
  };

  constructor(private readonly clock: Clock) {}

  /** On the clock of `monotonicMs`. The first to ask in a turn begins it. */
  startedAtMs(): number {
    if (this.startedMs === null) {
      this.startedMs = this.clock.monotonicMs();
      // Immediates run when the turn has polled all sockets.
      setImmediate(this.end);
    }
    return this.startedMs;
  }
}
