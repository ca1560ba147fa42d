import { join } from 'node:path';
import type { DecisionApiConfig } from '#config/decision-api-config.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { FeatureStore } from '#features/feature-store.js';
import { Journal } from '#journal/journal.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';
import type { Shutdown } from '#platform/shutdown.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { archiveFeatures } from './artifacts/artifact-archive.js';
import { ModelInForce } from './artifacts/model-in-force.js';
import { ArtifactRefused, PolicyInForce } from './artifacts/policy-in-force.js';
import type { DecisionParts } from './decisions/decision-parts.js';
import { DecisionTally } from './decisions/decision-tally.js';
import { LocalClaims } from './decisions/local-claims.js';
import { ShadowLane } from './shadow/shadow-lane.js';
import { openTraffic } from './traffic/open-traffic.js';
import { ClaimCheckpoint } from './recovery/claim-checkpoint.js';

const JOURNAL_ERROR_INTERVAL_MS = 1_000;

export interface OpenOptions {
  readonly config: DecisionApiConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly shutdown: Shutdown;
  /** How late the event loop is, ms. */
  readonly loopDelayMs: () => number;
}

/**
 * Opens everything the decision path stands on: artifacts, model, store, journal. Closing is
 * registered in the reverse order of need: what requests use last is closed last.
 *
 * @throws ArtifactRefused for a catalogue, ruleset or key that is wrong.
 */
export async function openParts(options: OpenOptions): Promise<DecisionParts> {
  const { config, clock, log, metrics, shutdown } = options;
  const archiveDir = join(config.dataDir, 'artifacts');
  const plan = await openPlan(config, archiveDir);
  metrics.serving('feature_set', plan.version);
  const pseudonymizer = new Pseudonymizer(await openKey(config));
  const policy = await PolicyInForce.open({
    rulesDir: config.rulesDir,
    ruleset: config.ruleset,
    archiveDir,
    plan,
    pseudonymizer,
    log,
    metrics,
  });
  const model = await openModel(options, plan);
  const models = model?.host ?? null;
  const around = { config, log, metrics };
  const control = await openTraffic({ ...around, archiveDir, plan, pseudonymizer, policy, models });
  const store = await openStore(config, plan, clock);
  const journal = await openJournal(options);
  const checkpoint = await ClaimCheckpoint.open(config.dataDir, (error) =>
    log.warn('The claim checkpoint could not be written', { error }),
  );
  shutdown.add('shadows', () => shadows.close());
  shutdown.add('rules', () => policy.close());
  shutdown.add('model', () => model?.close());
  shutdown.add('traffic plan', () => control.close());
  const shadows = new ShadowLane({
    journal,
    clock,
    metrics,
    scoreSlot: plan.schema.size - 1,
    loopDelayMs: options.loopDelayMs,
  });
  const claims = new LocalClaims();
  return {
    config,
    plan,
    pseudonymizer,
    policy,
    models,
    modelInForce: model,
    traffic: control.traffic,
    shadows,
    store,
    journal,
    tally: new DecisionTally({ journal, clock, log }),
    claims,
    checkpoint,
    clock,
    log,
    metrics,
  };
}

async function openPlan(config: DecisionApiConfig, archiveDir: string): Promise<FeaturePlan> {
  const read = await readFeaturePlan(config.featuresFile);
  if (!read.ok) throw new ArtifactRefused('the feature catalogue', read.problems);
  await archiveFeatures(archiveDir, config.featuresFile, read.value.version);
  return read.value;
}

async function openModel(
  { config, log, metrics }: OpenOptions,
  plan: FeaturePlan,
): Promise<ModelInForce | null> {
  const { modelDir, modelVersion: version } = config;
  if (modelDir !== null) return ModelInForce.open({ modelDir, version, plan, log, metrics });
  log.info('No model is wanted: rules alone decide');
  return null;
}

async function openKey(config: DecisionApiConfig): Promise<Buffer> {
  if (config.pseudonymKey !== null) return config.pseudonymKey.reveal();
  const kept = await provideKeptPseudonymKey(join(config.dataDir, 'pseudonym.key'));
  if (!kept.ok) throw new ArtifactRefused('the pseudonym key', [kept.problem]);
  return kept.key;
}

async function openStore(
  config: DecisionApiConfig,
  plan: FeaturePlan,
  clock: Clock,
): Promise<FeatureStore> {
  if (config.redis === null) return new MemoryFeatureStore({ now: () => clock.wallMs() });
  const target = config.redis.reveal();
  const timeoutMs = config.latency.stateTimeoutMs;
  return RedisFeatureStore.connect({
    url: target.kind === 'single' ? target.url : target.urls,
    plan,
    timeoutMs,
  });
}

function openJournal({ config, clock, log, metrics }: OpenOptions): Promise<Journal> {
  // A disk that is too slow refuses every append: a line a second says as much as a thousand.
  let quietUntilMs = 0;
  return Journal.open({
    ...config.journal,
    nowMs: () => clock.wallMs(),
    onGroup: (group) => {
      metrics.journalBytes.inc(group.bytes);
      metrics.journalGroupRecords.observe(group.records);
    },
    onError: (error) => {
      if (clock.monotonicMs() < quietUntilMs) return;
      quietUntilMs = clock.monotonicMs() + JOURNAL_ERROR_INTERVAL_MS;
      log.error('The journal failed', { code: error.code, error });
    },
    onWarning: (detail) => log.warn('About the journal', { detail }),
  });
}
