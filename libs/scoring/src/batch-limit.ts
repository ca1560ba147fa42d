const STEP_ROWS = 4;
const BACK_OFF = 0.9;
const WINDOW_BATCHES = 100;
const TAIL = 0.99;
/** The share of the inference budget that the 99th percentile may take before batches shrink. */
const BUDGET_SHARE = 0.8;

/**
 * How many rows a batch may have: +4 after 100 batches within the budget, x0.9 when their 99th
 * percentile took more than 0.8 of it (additive increase, multiplicative decrease, as in Clipper,
 * Crankshaw 2017). Only batches at least half full count: a slow batch of one row is the machine's
 * doing, and smaller batches would not cure it.
 */
export class BatchLimit {
  private readonly durations: number[] = [];
  private limit: number;

  constructor(
    private readonly bounds: { readonly start: number; readonly max: number },
    private readonly budgetMs: number,
  ) {
    this.limit = Math.min(bounds.start, bounds.max);
  }

  get rows(): number {
    return Math.floor(this.limit);
  }

  observe(rows: number, durationMs: number): void {
    if (rows * 2 < this.rows) return;
    this.durations.push(durationMs);
    if (this.durations.length < WINDOW_BATCHES) return;
    this.durations.sort((a, b) => a - b);
    const tailMs = this.durations[Math.ceil(TAIL * WINDOW_BATCHES) - 1] ?? 0;
    this.durations.length = 0;
    const next =
      tailMs > BUDGET_SHARE * this.budgetMs ? this.limit * BACK_OFF : this.limit + STEP_ROWS;
    this.limit = Math.min(this.bounds.max, Math.max(1, next));
  }
}
