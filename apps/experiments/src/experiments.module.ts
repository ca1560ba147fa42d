import { Module, type Type } from '@nestjs/common';
import { Admission } from '#platform/admission.js';
import { ErrorsController } from '#platform/errors.controller.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HealthController } from '#platform/health.controller.js';
import { MetricsController } from '#platform/metrics.controller.js';
import type { DecisionLog } from '#store/postgres/decision-log.js';
import type { DecisionReader } from '#store/postgres/decision-reader.js';
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
import { ANALYSES, DECISION_LOG, DECISION_READER, LOG_METRICS } from './tokens.js';

export interface ModuleParts {
  readonly log: DecisionLog;
  readonly reader: DecisionReader;
  readonly analyses: Analyses;
  readonly labelMaturity: LabelMaturityService;
  readonly logMetrics: LogMetrics;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly health: HealthChecks;
}

/** The module around parts that exist already: the database is awaited before Nest. */
export function experimentsModule(made: ModuleParts): Type {
  @Module({
    controllers: [
      AnalysisController,
      DecisionsController,
      LabelMaturityController,
      LogConsumer,
      ErrorsController,
      ExplorationController,
      HealthController,
      MetricsController,
      ShadowController,
    ],
    providers: [
      { provide: DECISION_LOG, useValue: made.log },
      { provide: DECISION_READER, useValue: made.reader },
      { provide: ANALYSES, useValue: made.analyses },
      { provide: LabelMaturityService, useValue: made.labelMaturity },
      { provide: LOG_METRICS, useValue: made.logMetrics },
      { provide: Metrics, useValue: made.metrics },
      { provide: Admission, useValue: made.admission },
      { provide: HealthChecks, useValue: made.health },
    ],
  })
  class ExperimentsModule {}
  return ExperimentsModule;
}
