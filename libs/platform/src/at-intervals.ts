/**
 * Work that is done again and again, never twice at once: a round that is due while the one before
 * is still going on is left out. The work tells its own failures; it does not keep the process
 * alive.
 */
export class AtIntervals {
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> | null = null;

  constructor(
    intervalMs: number,
    private readonly work: () => Promise<void>,
  ) {
    this.timer = setInterval(() => this.run(), intervalMs);
    this.timer.unref();
  }

  /** A round now, unless one is going on. */
  run(): void {
    this.running ??= this.work().finally(() => {
      this.running = null;
    });
  }

  /** No more rounds; resolves when the one that is going on has ended. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
