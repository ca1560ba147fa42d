import type { DecisionApiConfig } from '#config/decision-api-config.js';
import type { ModelHost } from '#engine/inference/model-host.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { FeatureStore } from '#features/feature-store.js';
import type { Journal } from '#journal/journal.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import type { ModelInForce } from '../artifacts/model-in-force.js';
import type { PolicyInForce } from '../artifacts/policy-in-force.js';
import type { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';
import type { ShadowLane } from '../shadow/shadow-lane.js';
import type { TrafficInForce } from '../traffic/traffic-in-force.js';
import type { DecisionTally } from './decision-tally.js';
import type { LocalClaims } from './local-claims.js';

/** What the services of this app share; made once, by the composition root. */
export interface DecisionParts {
  readonly config: DecisionApiConfig;
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  readonly policy: PolicyInForce;
  /** Null: no model is wanted, rules alone decide. */
  readonly models: ModelHost | null;
  /** Null like `models`. */
  readonly modelInForce: ModelInForce | null;
  readonly traffic: TrafficInForce;
  readonly shadows: ShadowLane;
  readonly store: FeatureStore;
  readonly journal: Journal;
  /** How many decisions went into the journal. */
  readonly tally: DecisionTally;
  readonly claims: LocalClaims;
  readonly checkpoint: ClaimCheckpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}
