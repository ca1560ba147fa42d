import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const SAMPLE_INTERVAL_MS = 100;
const NS_PER_MS = 1_000_000;

/** How busy the event loop was in the last sample interval. */
export interface LoopLoad {
  /** The 99th percentile of how late timers fired, ms. */
  readonly delayP99Ms: number;
  /** The share of time in which the loop was not idle, [0, 1]. */
  readonly utilisation: number;
}

/** Samples the event loop each 100 ms; reading the last sample is a field access. */
export class LoopMonitor {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer: NodeJS.Timeout;
  private lastUtilisation = performance.eventLoopUtilization();
  private load: LoopLoad = { delayP99Ms: 0, utilisation: 0 };

  constructor() {
    this.histogram.enable();
    this.timer = setInterval(() => this.sample(), SAMPLE_INTERVAL_MS);
    this.timer.unref();
  }

  get current(): LoopLoad {
    return this.load;
  }

  close(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  private sample(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.lastUtilisation);
    this.lastUtilisation = now;
    // The histogram holds whole intervals between timer ticks: what exceeds the resolution is
    // delay.
    const p99Ms = this.histogram.count === 0 ? 0 : this.histogram.percentile(99) / NS_PER_MS;
    this.load = { delayP99Ms: Math.max(0, p99Ms - RESOLUTION_MS), utilisation: utilization };
    this.histogram.reset();
  }
}
