import { Counter, Gauge, type Registry } from 'prom-client';

const MS_PER_SECOND = 1000;

/** How the journal gets to Kafka. Described in docs/reference/metrics.md. */
export class ShipMetrics {
  private readonly shipped: Counter<'kind'>;
  private readonly retries: Counter;
  private readonly damage: Counter;
  private oldestUnshippedMs: number | null = null;

  /** @param nowMs The clock, epoch ms. */
  constructor(registry: Registry, nowMs: () => number) {
    const registers = [registry];
    this.shipped = new Counter({
      name: 'tollgate_ship_records_total',
      help: 'Records of the journal that the brokers have, by kind; repeats count again',
      labelNames: ['kind'],
      registers,
    });
    this.retries = new Counter({
      name: 'tollgate_ship_retries_total',
      help: 'Batches that the brokers did not take and that were sent again',
      registers,
    });
    this.damage = new Counter({
      name: 'tollgate_ship_damage_total',
      help: 'Places of the journal that were damaged, or deleted before they were shipped',
      registers,
    });
    const lag: Gauge = new Gauge({
      name: 'tollgate_ship_lag_seconds',
      help: 'Age of the oldest record that is being shipped; 0 when nothing waits',
      registers,
      collect: () => {
        const oldestMs = this.oldestUnshippedMs;
        lag.set(oldestMs === null ? 0 : Math.max(0, nowMs() - oldestMs) / MS_PER_SECOND);
      },
    });
  }

  /** A batch is in hand whose oldest record was appended then. */
  shipping(oldestMs: number): void {
    this.oldestUnshippedMs = oldestMs;
  }

  shippedAll(records: readonly { readonly type: string }[]): void {
    this.oldestUnshippedMs = null;
    for (const { type: kind } of records) this.shipped.inc({ kind });
  }

  retried(): void {
    this.retries.inc();
  }

  damaged(): void {
    this.damage.inc();
  }
}
