import { AtIntervals } from '#platform/at-intervals.js';
import type { Partitions } from '#store/postgres/partitions.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';

const INTERVAL_MS = 3_600_000;

export interface PartitionKeeperOptions {
  readonly partitions: Partitions;
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the partitions of the next days and drops those past retention, at start and hourly. */
export class PartitionKeeper {
  private readonly rounds = new AtIntervals(INTERVAL_MS, () => this.keep());

  constructor(private readonly options: PartitionKeeperOptions) {
    this.rounds.run();
  }

  async close(): Promise<void> {
    await this.rounds.close();
  }

  private async keep(): Promise<void> {
    const { partitions, retentionDays, clock, log } = this.options;
    try {
      await partitions.provideAhead(clock.wallMs());
      const dropped = await partitions.drop(clock.wallMs(), retentionDays);
      for (const name of dropped) log.info('Dropped a day of decisions past retention', { name });
    } catch (error) {
      // Storing makes what it needs by itself; this is tried again in an hour.
      log.warn('Partitions could not be kept', { error });
    }
  }
}
