import { AtIntervals } from '#platform/at-intervals.js';
import type { Reconciliation, Unreconciled } from '#store/postgres/reconciliation.js';
import type { Log } from '#telemetry/logger.js';
import type { LogMetrics } from '#telemetry/log-metrics.js';

const INTERVAL_MS = 30_000;

export interface ReconcilerOptions {
  readonly reconciliation: Reconciliation;
  readonly retentionDays: number;
  readonly metrics: LogMetrics;
  readonly log: Log;
}

/** Compares acknowledged with stored decisions, now and then, and tells when some are missing. */
export class Reconciler {
  private readonly rounds = new AtIntervals(INTERVAL_MS, () => this.reconcile());
  private told = 0;

  constructor(private readonly options: ReconcilerOptions) {
    this.rounds.run();
  }

  async close(): Promise<void> {
    await this.rounds.close();
  }

  private async reconcile(): Promise<void> {
    const { reconciliation, retentionDays, metrics, log } = this.options;
    try {
      const missing = await reconciliation.run();
      metrics.unreconciled(missing.decisions);
      this.tell(missing);
      await reconciliation.forget(retentionDays);
    } catch (error) {
      log.warn('Acknowledged and stored decisions could not be compared', { error });
    }
  }

  private tell({ decisions, minutes, firstMs }: Unreconciled): void {
    if (decisions !== this.told && decisions > 0) {
      const since = firstMs === null ? '' : `, from ${new Date(firstMs).toISOString()}`;
      const detail = `missing in ${minutes} minutes${since}: see the table reconciliations`;
      this.options.log.warn('Decisions that were acknowledged are not stored', {
        count: decisions,
        detail,
      });
    }
    this.told = decisions;
  }
}
