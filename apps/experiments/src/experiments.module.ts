import { Module, type Type } from '@nestjs/common';
import { Admission } from '#platform/admission.js';
import { ErrorsController } from '#platform/errors.controller.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HealthController } from '#platform/health.controller.js';
import { MetricsController } from '#platform/metrics.controller.js';
import type { ControlPlane } from '#store/postgres/control-plane.js';
import type { DecisionLog } from '#store/postgres/decision-log.js';
import type { DecisionReader } from '#store/postgres/decision-reader.js';
import type { Clock } from '#telemetry/clock.js';
import type { LogMetrics } from '#telemetry/log-metrics.js';
import { Metrics } from '#telemetry/metrics.js';
import type { Analyses } from './analysis/analyses.js';
import { AnalysisController } from './analysis/analysis.controller.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { ExplorationController } from './exploration/exploration.controller.js';
import { LabelMaturityController } from './labels/label-maturity.controller.js';
import { LabelMaturityService } from './labels/label-maturity.service.js';
import { LogConsumer } from './log/log.consumer.js';
import { ShadowController } from './shadows/shadow.controller.js';
import { ArtifactsService } from './control/artifacts.service.js';
import type { DecisionTerms } from './control/decision-terms.js';
import { ExperimentsController } from './control/experiments.controller.js';
import { ExperimentsService } from './control/experiments.service.js';
import { TrafficController } from './control/traffic.controller.js';
import { TrafficService } from './control/traffic.service.js';
import { RolloutsController } from './rollouts/rollouts.controller.js';
import { RolloutsService } from './rollouts/rollouts.service.js';
import {
  ANALYSES,
  CLOCK,
  CONTROL_PLANE,
  DECISION_LOG,
  DECISION_READER,
  DECISION_TERMS,
  LOG_METRICS,
} from './tokens.js';

/** The routes that the OpenAPI document describes, in its order. */
export const documentedControllers: readonly Type[] = [
  DecisionsController,
  LabelMaturityController,
  ExperimentsController,
  AnalysisController,
  RolloutsController,
  ShadowController,
  ExplorationController,
  TrafficController,
];

export interface ModuleParts {
  readonly log: DecisionLog;
  readonly reader: DecisionReader;
  readonly analyses: Analyses;
  readonly labelMaturity: LabelMaturityService;
  readonly control: ControlPlane;
  readonly terms: DecisionTerms;
  readonly clock: Clock;
  readonly logMetrics: LogMetrics;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly health: HealthChecks;
}

/** The module around parts that exist already: the database is awaited before Nest. */
export function experimentsModule(made: ModuleParts): Type {
  @Module({
    controllers: [
      ...documentedControllers,
      LogConsumer,
      ErrorsController,
      HealthController,
      MetricsController,
    ],
    providers: [
      { provide: DECISION_LOG, useValue: made.log },
      { provide: DECISION_READER, useValue: made.reader },
      { provide: ANALYSES, useValue: made.analyses },
      { provide: LabelMaturityService, useValue: made.labelMaturity },
      { provide: CONTROL_PLANE, useValue: made.control },
      { provide: DECISION_TERMS, useValue: made.terms },
      { provide: CLOCK, useValue: made.clock },
      ArtifactsService,
      ExperimentsService,
      TrafficService,
      RolloutsService,
      { provide: LOG_METRICS, useValue: made.logMetrics },
      { provide: Metrics, useValue: made.metrics },
      { provide: Admission, useValue: made.admission },
      { provide: HealthChecks, useValue: made.health },
    ],
  })
  class ExperimentsModule {}
  return ExperimentsModule;
}
