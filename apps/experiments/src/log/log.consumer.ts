import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { PassErrorsFilter } from '#journal/pass-errors.filter.js';
import { LOG_RECORDS, type ShippedRecord } from '#journal/shipped-record.js';
import type { DecisionLog } from '#store/postgres/decision-log.js';
import type { LogMetrics } from '#telemetry/log-metrics.js';
import { DECISION_LOG, LOG_METRICS } from '../tokens.js';

/** Takes the log into Postgres. */
@Controller()
@UseFilters(PassErrorsFilter)
export class LogConsumer {
  constructor(
    @Inject(DECISION_LOG) private readonly log: DecisionLog,
    @Inject(LOG_METRICS) private readonly metrics: LogMetrics,
  ) {}

  @EventPattern(LOG_RECORDS)
  async store(@Payload() records: readonly ShippedRecord[]): Promise<void> {
    this.metrics.storing(records[0]!.timeMs);
    this.metrics.storedAll(await this.log.store(records));
  }
}
