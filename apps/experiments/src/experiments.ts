import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ExperimentsConfig } from '#config/experiments-config.js';
import { Admission } from '#platform/admission.js';
import { serveDocs } from '#platform/docs-page.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HotDoor, type HotRoute } from '#platform/hot-door.js';
import { createHttpApp } from '#platform/http-app.js';
import { openApiKeys } from '#platform/open-api-keys.js';
import { RateLimiter } from '#platform/rate-limit.js';
import { Shutdown } from '#platform/shutdown.js';
import { ControlPlane } from '#store/postgres/control-plane.js';
import { Database } from '#store/postgres/database.js';
import { DecisionLog } from '#store/postgres/decision-log.js';
import { DecisionReader } from '#store/postgres/decision-reader.js';
import { LabelHistory } from '#store/postgres/label-history.js';
import { Reconciliation } from '#store/postgres/reconciliation.js';
import { systemClock } from '#telemetry/clock.js';
import { LogMetrics } from '#telemetry/log-metrics.js';
import type { Log } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import { openAnalyses } from './analysis/analyses.js';
import { composePlan } from './control/compose-plan.js';
import { DecisionTerms } from './control/decision-terms.js';
import { experimentsModule } from './experiments.module.js';
import { logTransport } from './log/log-transport.js';
import { LabelMaturityService } from './labels/label-maturity.service.js';
import { Reconciler } from './log/reconciler.js';
import { PartitionKeeper } from './log/partition-keeper.js';
import { openApiDocument } from './openapi-document.js';
import { startWatchers } from './rollouts/start-watchers.js';

const DATABASE_RETRY_MS = 1_000;
/** Of an upload: a model in base64, or a ruleset with its lists. */
const ARTIFACT_BYTES_MAX = 64 * 1024 * 1024;
/** So large a body is read from nobody but who may publish. */
const uploadRoutes: readonly HotRoute[] = ['/v1/models', '/v1/rulesets'].map((url) => ({
  method: 'PUT',
  url,
  scope: 'publish',
  load: null,
  csvBytesMax: null,
  jsonBytesMax: ARTIFACT_BYTES_MAX,
}));

export interface Experiments {
  readonly nest: NestFastifyApplication;
  readonly shutdown: Shutdown;
}

/** Puts the service together once the database is there; not listening yet. */
export async function createExperiments(config: ExperimentsConfig, log: Log): Promise<Experiments> {
  const clock = systemClock;
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  const logMetrics = new LogMetrics(metrics.registry, () => clock.wallMs());
  const { shutdownDrainMs: drainMs, shutdownGraceMs: graceMs, metricsAccess } = config;
  const shutdown = new Shutdown({ drainMs, graceMs, log });

  const ring = await openApiKeys(config.apiKeysFile, log, metrics);
  const rates = new RateLimiter(config.rateLimitPerSecond);
  const admission = new Admission({ keys: ring, rates, metrics, clock, metricsAccess });

  const database = await openDatabase(config, log);
  const terms = await DecisionTerms.open(config);
  const decisionLog = new DecisionLog(database);
  const keeper = new PartitionKeeper({
    partitions: decisionLog.partitions,
    retentionDays: config.decisionRetentionDays,
    clock,
    log,
  });
  const reconciler = new Reconciler({
    reconciliation: new Reconciliation(database.pool),
    retentionDays: config.decisionRetentionDays,
    metrics: logMetrics,
    log,
  });
  const health = new HealthChecks();
  health.add({ name: 'database', required: true, probe: () => database.ping() });

  const module = experimentsModule({
    log: decisionLog,
    reader: new DecisionReader(database.pool),
    analyses: openAnalyses(database, clock),
    labelMaturity: new LabelMaturityService(new LabelHistory(database.pool), clock),
    control: new ControlPlane(database, composePlan),
    terms,
    clock,
    logMetrics,
    metrics,
    admission,
    health,
  });
  const { logSampleRatio } = config;
  const hotDoor = new HotDoor({ routes: uploadRoutes, admission, shedder: null, clock });
  const http = { metrics, log, clock, shutdown, hotDoor, logSampleRatio };
  const { nest } = await createHttpApp(module, http);
  serveDocs(nest, openApiDocument());
  nest.connectMicroservice({ strategy: logTransport(config, { decisionLog, logMetrics, log }) });
  const watchers = startWatchers({ config, database, nest, clock, log, metrics });
  shutdown.add('watchers', () => watchers.close());
  shutdown.add('API keys', () => ring.close());
  shutdown.add('partitions', () => keeper.close());
  shutdown.add('reconciliation', () => reconciler.close());
  shutdown.add('database', () => database.close());
  return { nest, shutdown };
}

/** Waits for a database that is not there yet: it may be starting beside this service. */
async function openDatabase(config: ExperimentsConfig, log: Log): Promise<Database> {
  for (;;) {
    try {
      return await Database.open({
        url: config.databaseUrl.reveal(),
        connectionsMax: config.databaseConnections,
        onConnectionLost: (error) => log.warn('A connection to Postgres was lost', { error }),
      });
    } catch (error) {
      log.warn('Postgres cannot be used yet; trying again', { error });
      await sleep(DATABASE_RETRY_MS);
    }
  }
}
