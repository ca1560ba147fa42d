const WINDOW_BATCHES = 200;
const REFRESH_BATCHES = 20;
const TAIL = 0.99;

/** How long a batch takes, before anything was measured: small trees on a CPU. */
const PRIOR_ROW_MS = 0.01;
const PRIOR_BATCH_MS = 0.1;

/**
 * Learns how long a batch of n rows takes, L(n) = rowMs * n + batchMs, by least squares over the
 * last 200 batches, and the 99th percentile of what was left over. Refitted every 20 batches.
 */
export class LatencyModel {
  private readonly rows = new Float64Array(WINDOW_BATCHES);
  private readonly durations = new Float64Array(WINDOW_BATCHES);
  private observed = 0;
  private rowMs = PRIOR_ROW_MS;
  private batchMs = PRIOR_BATCH_MS;
  private tailMs = 0;

  /** The expected time of a batch, in milliseconds. */
  typicalMs(rows: number): number {
    return this.rowMs * rows + this.batchMs;
  }

  /** The time that 99 of 100 batches stay under, in milliseconds. */
  tailMsOf(rows: number): number {
    return this.typicalMs(rows) + this.tailMs;
  }

  /** What a batch costs whatever its size: what one more row in the same batch saves. */
  get fixedMs(): number {
    return this.batchMs;
  }

  observe(rows: number, durationMs: number): void {
    const at = this.observed % WINDOW_BATCHES;
    this.rows[at] = rows;
    this.durations[at] = durationMs;
    this.observed += 1;
    if (this.observed <= REFRESH_BATCHES || this.observed % REFRESH_BATCHES === 0) this.refit();
  }

  private refit(): void {
    const count = Math.min(this.observed, WINDOW_BATCHES);
    const rows = this.rows.subarray(0, count);
    const durations = this.durations.subarray(0, count);
    const meanRows = mean(rows);
    const meanMs = mean(durations);
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < count; i += 1) {
      const offset = (rows[i] as number) - meanRows;
      covariance += offset * ((durations[i] as number) - meanMs);
      variance += offset * offset;
    }
    // Batches of one size say nothing about the slope: the last one stands. A negative slope is
    // noise.
    if (variance > 0) this.rowMs = Math.max(0, covariance / variance);
    this.batchMs = Math.max(0, meanMs - this.rowMs * meanRows);
    const residuals = durations.map((ms, i) => ms - this.typicalMs(rows[i] as number)).sort();
    this.tailMs = Math.max(0, residuals[Math.ceil(TAIL * count) - 1] ?? 0);
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
