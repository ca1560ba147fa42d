import { Module, type Type } from '@nestjs/common';
import { Admission } from '#platform/admission.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HealthController } from '#platform/health.controller.js';
import { MetricsController } from '#platform/metrics.controller.js';
import { Metrics } from '#telemetry/metrics.js';
import { ShipController } from './shipping/ship.controller.js';
import { Shipment } from './shipping/shipment.js';

export interface ModuleParts {
  readonly shipment: Shipment;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly health: HealthChecks;
}

/** The module around parts that exist already. */
export function logShipperModule(made: ModuleParts): Type {
  @Module({
    controllers: [ShipController, HealthController, MetricsController],
    providers: [
      { provide: Shipment, useValue: made.shipment },
      { provide: Metrics, useValue: made.metrics },
      { provide: Admission, useValue: made.admission },
      { provide: HealthChecks, useValue: made.health },
    ],
  })
  class LogShipperModule {}
  return LogShipperModule;
}
