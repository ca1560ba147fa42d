import { hostname } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { LogShipperConfig } from '#config/log-shipper-config.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { JournalTransport } from '#journal/journal-transport.js';
import { brokerErrorOf } from '#journal/kafka/kafka-client.js';
import { LogProducer } from '#journal/kafka/log-producer.js';
import { Admission } from '#platform/admission.js';
import { HealthChecks } from '#platform/health-checks.js';
import { createHttpApp } from '#platform/http-app.js';
import { openApiKeys } from '#platform/open-api-keys.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';
import { RateLimiter } from '#platform/rate-limit.js';
import { Shutdown } from '#platform/shutdown.js';
import { systemClock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import { ShipMetrics } from '#telemetry/ship-metrics.js';
import { logShipperModule } from './log-shipper.module.js';
import { recordKey } from './shipping/record-key.js';
import { Shipment } from './shipping/shipment.js';
import { ShippedPosition } from './shipping/shipped-position.js';

const POSITION_FILE = 'kafka-shipped.json';

export interface LogShipper {
  readonly nest: NestFastifyApplication;
  readonly shutdown: Shutdown;
}

/** Puts the service together; not listening yet, and nothing is asked of the brokers. */
export async function createLogShipper(config: LogShipperConfig, log: Log): Promise<LogShipper> {
  const clock = systemClock;
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  const shipMetrics = new ShipMetrics(metrics.registry, () => clock.wallMs());
  const { shutdownDrainMs: drainMs, shutdownGraceMs: graceMs, metricsAccess } = config;
  const shutdown = new Shutdown({ drainMs, graceMs, log });

  const ring = await openApiKeys(config.apiKeysFile, log, metrics);
  const rates = new RateLimiter(config.rateLimitPerSecond);
  const admission = new Admission({ keys: ring, rates, metrics, clock, metricsAccess });

  const producer = await openProducer(config);
  const position = new ShippedPosition(join(config.dataDir, POSITION_FILE), (error) =>
    log.warn('The position in the journal could not be written', { error }),
  );
  const shipment = new Shipment({ producer, position, metrics: shipMetrics });
  // It ships when it can: brokers that are away take nobody out of service.
  const health = new HealthChecks();
  health.add({ name: 'kafka', required: false, probe: () => shipment.probe() });

  const module = logShipperModule({ shipment, metrics, admission, health });
  const { logSampleRatio } = config;
  const http = { metrics, log, clock, shutdown, hotDoor: null, logSampleRatio };
  const { nest } = await createHttpApp(module, http);
  nest.connectMicroservice({
    strategy: new JournalTransport({
      folder: config.journalFolder,
      position: () => shipment.begin(),
      onProblem: ({ message }) => {
        shipMetrics.damaged();
        log.error('A part of the journal cannot be shipped', { detail: message });
      },
      onRetry: (error, waitMs) => {
        shipment.heldUp();
        const cause = brokerErrorOf(error);
        log.warn('Kafka did not take the log; trying again', { error, cause, durationMs: waitMs });
      },
      onOtherJournal: () =>
        log.warn('The journal is not the one known here; it is shipped from its beginning'),
    }),
  });
  shutdown.add('position', () => position.close());
  shutdown.add('Kafka', () => producer.close());
  shutdown.add('API keys', () => ring.close());
  return { nest, shutdown };
}

async function openProducer(config: LogShipperConfig): Promise<LogProducer> {
  const pseudonymizer = new Pseudonymizer(await pseudonymKey(config));
  return LogProducer.open({
    config: config.kafka,
    shipper: { node: config.nodeId ?? `${hostname()}:${config.decisionPort}` },
    keyOf: (record) => recordKey(record, pseudonymizer.eventId),
  });
}

/** That of decision-api, whichever of the two is started first. */
async function pseudonymKey(config: LogShipperConfig): Promise<Buffer> {
  if (config.pseudonymKey !== null) return config.pseudonymKey.reveal();
  const provided = await provideKeptPseudonymKey(join(config.dataDir, 'pseudonym.key'));
  if (!provided.ok) throw new Error(provided.problem);
  return provided.key;
}
