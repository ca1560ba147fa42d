import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DecisionApiConfig } from '#config/decision-api-config.js';
import { IMPORT_BYTES_MAX } from '#contracts/label-import.js';
import { SERVICE_VERSION } from '#config/service-version.js';
import type { FeatureStore } from '#features/feature-store.js';
import { Admission } from '#platform/admission.js';
import { serveDocs } from '#platform/docs-page.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HotDoor, type HotRoute } from '#platform/hot-door.js';
import { createHttpApp } from '#platform/http-app.js';
import { LoadShedder } from '#platform/load-shedder.js';
import { openApiKeys } from '#platform/open-api-keys.js';
import { RateLimiter } from '#platform/rate-limit.js';
import { Shutdown } from '#platform/shutdown.js';
import { systemClock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import { LoopMonitor } from '#telemetry/loop-monitor.js';
import { Metrics } from '#telemetry/metrics.js';
import { Tracing } from '#telemetry/tracing.js';
import { decisionApiModule } from './decision-api.module.js';
import { Completions } from './decisions/completions.js';
import type { DecisionParts } from './decisions/decision-parts.js';
import { DecideService } from './decisions/decide.service.js';
import { openApiDocument } from './openapi-document.js';
import { openParts } from './open-parts.js';
import { recoverFromJournal } from './recovery/recover-from-journal.js';

const CONCURRENCY_MIN = 8;
/** Above what a failed dependency costs, so that its failure degrades and does not shed. */
const SLOW_SHARE_OF_DEADLINE = 0.8;

const hotRoutes: readonly HotRoute[] = [
  {
    method: 'POST',
    url: '/v1/decisions',
    scope: 'decide',
    load: 'shed',
    csvBytesMax: null,
    jsonBytesMax: null,
  },
  {
    method: 'POST',
    url: '/v1/labels/import',
    scope: 'label',
    load: null,
    csvBytesMax: IMPORT_BYTES_MAX,
    jsonBytesMax: null,
  },
];

export interface DecisionApi {
  readonly nest: NestFastifyApplication;
  readonly shutdown: Shutdown;
  readonly parts: DecisionParts;
  readonly service: DecideService;
}

/** Puts the service together and recovers what a crash left behind; not listening yet. */
export async function createDecisionApi(config: DecisionApiConfig, log: Log): Promise<DecisionApi> {
  const clock = systemClock;
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  const loop = new LoopMonitor();
  metrics.watchLoop(() => loop.current);
  const { shutdownDrainMs: drainMs, shutdownGraceMs: graceMs } = config;
  const shutdown = new Shutdown({ drainMs, graceMs, log });
  const tracing = openTracing(config);
  const ring = await openApiKeys(config.apiKeysFile, log, metrics);
  const rates = new RateLimiter(config.rateLimitPerSecond);
  const { metricsAccess, latency } = config;
  const admission = new Admission({ keys: ring, rates, metrics, clock, metricsAccess });
  const shedder = new LoadShedder({
    limitMin: CONCURRENCY_MIN,
    limitMax: latency.concurrencyMax,
    slowMs: latency.deadlineMs * SLOW_SHARE_OF_DEADLINE,
    loopDelayMsMax: latency.shedLoopDelayMs,
    loop: () => loop.current,
    clock,
    metrics,
  });
  const hotDoor = new HotDoor({ routes: hotRoutes, admission, shedder, clock });

  const loopDelayMs = (): number => loop.current.delayP99Ms;
  const parts = await openParts({ config, clock, log, metrics, shutdown, loopDelayMs });
  const { store, checkpoint, journal } = parts;
  const completions = new Completions(store, checkpoint);
  const recovered = await recoverFromJournal(parts, completions);
  log.info('Recovered from the journal', { count: recovered.decisions });
  if (recovered.unreadable > 0) {
    log.error('Records of the journal could not be read', { count: recovered.unreadable });
  }
  metrics.watchQueue('completions', () => completions.size);
  metrics.watchQueue('shadows', () => parts.shadows.size);
  watchStore(metrics, store);

  const health = new HealthChecks();
  addChecks(health, parts, shutdown);
  const service = new DecideService(parts, completions);
  const module = decisionApiModule({ parts, service, admission, health, tracing });
  const { logSampleRatio } = config;
  const http = { metrics, log, clock, shutdown, hotDoor, logSampleRatio };
  const { nest } = await createHttpApp(module, http);
  serveDocs(nest, openApiDocument());

  shutdown.add('API keys', () => ring.close());
  shutdown.add('completions', () => completions.close());
  shutdown.add('feature store', () => store.close());
  shutdown.add('tally', () => parts.tally.close());
  shutdown.add('journal', () => journal.close());
  shutdown.add('checkpoint', () => checkpoint.close());
  shutdown.add('traces', () => tracing?.close());
  shutdown.add('loop monitor', () => loop.close());
  return { nest, shutdown, parts, service };
}

function watchStore(metrics: Metrics, store: FeatureStore): void {
  metrics.watchStoreLosses(() => {
    const { lateDropped, foreignStates, writesDropped } = store.counters();
    return { late_event: lateDropped, foreign_state: foreignStates, write: writesDropped };
  });
}

function openTracing({ tracing }: DecisionApiConfig): Tracing | null {
  const { endpoint, serviceName, sampleRatio } = tracing;
  if (endpoint === null) return null;
  return new Tracing({ endpoint, serviceName, serviceVersion: SERVICE_VERSION, sampleRatio });
}

/**
 * Redis and the model are not required: without them decisions are degraded, and still decisions.
 */
function addChecks(health: HealthChecks, parts: DecisionParts, shutdown: Shutdown): void {
  health.add({
    name: 'serving',
    required: true,
    probe: () => {
      if (shutdown.phase !== 'serving') throw new Error('shutting down');
    },
  });
  health.add({
    name: 'ruleset',
    required: false,
    probe: () => (parts.policy.isStale ? 'stale' : undefined),
  });
  health.add({
    name: 'traffic_plan',
    required: false,
    probe: () => (parts.traffic.isStale ? 'stale' : undefined),
  });
  health.add({ name: 'feature_store', required: false, probe: () => parts.store.ping() });
  const { models } = parts;
  if (models === null) return;
  health.add({
    name: 'model',
    required: false,
    probe: () => {
      if (models.current?.isUp !== true) throw new Error('no model');
      return parts.modelInForce?.isStale === true ? 'stale' : undefined;
    },
  });
}
