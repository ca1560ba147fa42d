import { Module, type Type } from '@nestjs/common';
import { Admission } from '#platform/admission.js';
import { ErrorsController } from '#platform/errors.controller.js';
import { HealthChecks } from '#platform/health-checks.js';
import { HealthController } from '#platform/health.controller.js';
import { MetricsController } from '#platform/metrics.controller.js';
import { Metrics } from '#telemetry/metrics.js';
import type { Tracing } from '#telemetry/tracing.js';
import { DecideService } from './decisions/decide.service.js';
import { DecisionController } from './decisions/decision.controller.js';
import type { DecisionParts } from './decisions/decision-parts.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { LabelImport } from './feedback/label-import.js';
import { LabelController } from './feedback/label.controller.js';
import { OutcomeController } from './feedback/outcome.controller.js';
import { ReasonCodeController } from './reasons/reason-code.controller.js';
import { DECISION_PARTS, TRACING } from './tokens.js';

/** The routes that the OpenAPI document describes. */
export const documentedControllers: readonly Type[] = [
  DecisionController,
  OutcomeController,
  LabelController,
  ReasonCodeController,
];

export interface ModuleParts {
  readonly parts: DecisionParts;
  readonly service: DecideService;
  readonly admission: Admission;
  readonly health: HealthChecks;
  readonly tracing: Tracing | null;
}

/**
 * The module around parts that exist already: what they need to start (files, Redis) is awaited
 * before Nest.
 */
export function decisionApiModule(made: ModuleParts): Type {
  @Module({
    controllers: [...documentedControllers, ErrorsController, HealthController, MetricsController],
    providers: [
      { provide: DecideService, useValue: made.service },
      FeedbackService,
      LabelImport,
      { provide: DECISION_PARTS, useValue: made.parts },
      { provide: TRACING, useValue: made.tracing },
      { provide: Admission, useValue: made.admission },
      { provide: HealthChecks, useValue: made.health },
      { provide: Metrics, useValue: made.parts.metrics },
    ],
  })
  class DecisionApiModule {}
  return DecisionApiModule;
}
