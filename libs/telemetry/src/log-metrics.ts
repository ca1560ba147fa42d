import { Counter, Gauge, type Registry } from 'prom-client';

const MS_PER_SECOND = 1000;

/** What of the log a consumer has stored, by kind. */
export interface StoredCounts {
  readonly decisions: number;
  readonly outcomes: number;
  readonly labels: number;
  readonly shadows: number;
  readonly deadLetters: number;
}

/** How the log gets into Postgres. Described in docs/reference/metrics.md. */
export class LogMetrics {
  private readonly stored: Counter<'kind'>;
  private readonly retries: Counter;
  private readonly damage: Counter;
  private readonly missing: Gauge;
  private oldestUnstoredMs: number | null = null;

  /** @param nowMs The clock, epoch ms. */
  constructor(registry: Registry, nowMs: () => number) {
    const registers = [registry];
    this.stored = new Counter({
      name: 'tollgate_log_records_stored_total',
      help: 'Records of the log handed to Postgres and committed, by kind; repeats count again',
      labelNames: ['kind'],
      registers,
    });
    this.retries = new Counter({
      name: 'tollgate_log_retries_total',
      help: 'Batches of the log that could not be stored and were offered again',
      registers,
    });
    this.damage = new Counter({
      name: 'tollgate_log_damage_total',
      help: 'Places of the journal that could not be read while it was shipped',
      registers,
    });
    this.missing = new Gauge({
      name: 'tollgate_log_unreconciled_decisions',
      help: 'Decisions of the last day that were acknowledged and are not stored after five minutes',
      registers,
    });
    const lag: Gauge = new Gauge({
      name: 'tollgate_log_lag_seconds',
      help: 'Age of the oldest record that is being stored; 0 when nothing waits',
      registers,
      collect: () => {
        const oldestMs = this.oldestUnstoredMs;
        lag.set(oldestMs === null ? 0 : Math.max(0, nowMs() - oldestMs) / MS_PER_SECOND);
      },
    });
  }

  /** A batch is in hand whose oldest record was appended then. */
  storing(oldestMs: number): void {
    this.oldestUnstoredMs = oldestMs;
  }

  storedAll(counts: StoredCounts): void {
    this.oldestUnstoredMs = null;
    this.stored.inc({ kind: 'decision' }, counts.decisions);
    this.stored.inc({ kind: 'outcome' }, counts.outcomes);
    this.stored.inc({ kind: 'label' }, counts.labels);
    this.stored.inc({ kind: 'shadow' }, counts.shadows);
    this.stored.inc({ kind: 'dead_letter' }, counts.deadLetters);
  }

  /** So many acknowledged decisions are missing. */
  unreconciled(decisions: number): void {
    this.missing.set(decisions);
  }

  retried(): void {
    this.retries.inc();
  }

  damaged(): void {
    this.damage.inc();
  }
}
