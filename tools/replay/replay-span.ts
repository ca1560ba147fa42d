import type { HistoryItem } from './history-item.js';

/** Which part of a history is replayed. */
export interface ReplaySpan {
  /** Included; epoch ms. */
  readonly fromMs: number;
  /** Excluded; epoch ms. */
  readonly toMs: number;
  readonly limit: number;
  /** Rows of the file that an earlier run has done. */
  readonly rowsDone: number;
}

/**
 * What to do with a payment: leave it out, take it for its state only, replay it, or stop before
 * it.
 */
export type SpanPlace = 'before' | 'done' | 'inside' | 'after';

/** Places payments in the span one after the other; counts them, so ask once for each. */
export class SpanCursor {
  private inside = 0;

  constructor(private readonly span: ReplaySpan) {}

  place(item: HistoryItem): SpanPlace {
    const { fromMs, toMs, limit, rowsDone } = this.span;
    if (item.timeMs >= toMs || this.inside >= limit) return 'after';
    if (item.timeMs < fromMs) return 'before';
    this.inside += 1;
    return item.row < rowsDone ? 'done' : 'inside';
  }
}
