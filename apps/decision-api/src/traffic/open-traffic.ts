import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DecisionApiConfig } from '#config/decision-api-config.js';
import type { ModelHost } from '#engine/inference/model-host.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { ControlFeed } from '#store/postgres/control-feed.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import type { PolicyInForce } from '../artifacts/policy-in-force.js';
import { ArtifactShelf } from './artifact-shelf.js';
import { TrafficInForce } from './traffic-in-force.js';

const AWAY_QUIET_MS = 30_000;

export interface OpenTrafficOptions {
  readonly config: DecisionApiConfig;
  readonly archiveDir: string;
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  readonly policy: PolicyInForce;
  readonly models: ModelHost | null;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface OpenedTraffic {
  readonly traffic: TrafficInForce;
  close(): Promise<void>;
}

/**
 * The traffic plan kept from before, and the feed that follows the control plane from here on. The
 * start waits for no database.
 */
export async function openTraffic(options: OpenTrafficOptions): Promise<OpenedTraffic> {
  const { config, archiveDir, plan, pseudonymizer, policy, models, log, metrics } = options;
  let feed: ControlFeed | null = null;
  const shelf = new ArtifactShelf({
    archiveDir,
    modelDir: config.modelDir,
    plan,
    pseudonymizer,
    fetch: async (kind, ref) => (feed === null ? null : feed.artifact(kind, ref)),
  });
  const traffic = await TrafficInForce.open({
    plan,
    shelf,
    own: () => ({ policy: policy.current, models }),
    file: join(config.dataDir, 'traffic-plan.json'),
    log,
    metrics,
  });
  feed = openFeed(options, traffic);
  return {
    traffic,
    close: async () => {
      await feed?.close();
      await shelf.close();
    },
  };
}

function openFeed(
  { config, log }: OpenTrafficOptions,
  traffic: TrafficInForce,
): ControlFeed | null {
  if (config.databaseUrl === null) return null;
  // Beside a database that is starting, or has no tables yet, a node need not complain.
  let quietUntilMs = performance.now() + AWAY_QUIET_MS;
  return new ControlFeed({
    url: config.databaseUrl.reveal(),
    nodeId: config.nodeId ?? `${hostname()}:${config.port}`,
    onPublication: (publication) => traffic.apply(publication),
    onReached: () => {
      quietUntilMs = 0;
    },
    report: () => traffic.report(),
    onError: (error) => {
      if (performance.now() < quietUntilMs) return;
      log.warn('The control plane cannot be reached; what serves goes on', { error });
      // Once: until it is back, every further line would say the same.
      quietUntilMs = Number.POSITIVE_INFINITY;
    },
  });
}
