import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ExperimentsConfig } from '#config/experiments-config.js';
import type { Database } from '#store/postgres/database.js';
import { RolloutData } from '#store/postgres/rollout-data.js';
import { RuleDeclineReader } from '#store/postgres/rule-declines.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { RolloutMetrics } from '#telemetry/rollout-metrics.js';
import { TrafficService } from '../control/traffic.service.js';
import { RolloutKeeper } from './rollout-keeper.js';
import { RolloutsService } from './rollouts.service.js';
import { RuleBreakers } from './rule-breakers.js';

export interface WatcherParts {
  readonly config: ExperimentsConfig;
  readonly database: Database;
  readonly nest: NestFastifyApplication;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What changes traffic by itself: rollouts, and the circuit breakers of rules. */
export function startWatchers({ config, database, nest, clock, log, metrics: all }: WatcherParts): {
  close(): Promise<void>;
} {
  const metrics = new RolloutMetrics(all.registry);
  const keeper = new RolloutKeeper({
    rollouts: nest.get(RolloutsService),
    data: new RolloutData(database.pool),
    clock,
    log,
    metrics,
  });
  const breakers = new RuleBreakers({
    declines: new RuleDeclineReader(database.pool),
    traffic: nest.get(TrafficService),
    plan: config.ruleBreaker,
    clock,
    log,
    metrics,
  });
  return {
    close: async () => {
      await keeper.close();
      await breakers.close();
    },
  };
}
