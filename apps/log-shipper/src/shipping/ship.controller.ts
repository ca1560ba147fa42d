import { Controller, Inject, UseFilters, type OnModuleDestroy } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { PassErrorsFilter } from '#journal/pass-errors.filter.js';
import { LOG_RECORDS, type ShippedRecord } from '#journal/shipped-record.js';
import { Shipment } from './shipment.js';

/** At the end of the service, how long the batch in hand may take. */
const LAST_BATCH_MS_MAX = 3_000;

/** Takes the journal to Kafka. */
@Controller()
@UseFilters(PassErrorsFilter)
export class ShipController implements OnModuleDestroy {
  constructor(@Inject(Shipment) private readonly shipment: Shipment) {}

  @EventPattern(LOG_RECORDS)
  ship(@Payload() records: readonly ShippedRecord[]): Promise<void> {
    return this.shipment.ship(records);
  }

  /** Nest waits for the batch in hand; brokers that are away must not keep it. */
  onModuleDestroy(): void {
    setTimeout(() => this.shipment.giveUp(), LAST_BATCH_MS_MAX).unref();
  }
}
