/** The two times a process needs; handed in, so that tests and replays own the time. */
export interface Clock {
  /** Wall time, epoch ms. May jump: never subtract two of them to measure a duration. */
  wallMs(): number;
  /** Monotonic time in ms, the clock of `performance.now()`: for durations and deadlines. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  constructor(
    private wall: number,
    private monotonic = 0,
  ) {}

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    return this.monotonic;
  }

  advance(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
  }
}
