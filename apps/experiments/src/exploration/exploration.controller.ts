import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ExplorationEstimate, ExplorationQuery } from '#contracts/exploration-estimate.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import type { Analyses } from '../analysis/analyses.js';
import { answered } from '../answered.js';
import { ANALYSES } from '../tokens.js';

/** What blocked payments would have been. */
@Controller('v1/exploration')
export class ExplorationController {
  constructor(@Inject(ANALYSES) private readonly analyses: Analyses) {}

  @Get('estimate')
  @Returns(200, ExplorationEstimate)
  @RequireScope('read')
  @Describe({
    operationId: 'estimateBlocked',
    tag: 'Exploration',
    summary: 'What blocked payments would have been',
    description: 'From the declines that were let through on purpose, each weighed by its chance.',
    query: ExplorationQuery,
    errors: ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
  })
  estimate(@Query() query: Record<string, string>): Promise<ExplorationEstimate> {
    const wanted = validateBody<ExplorationQuery>(ExplorationQuery, query);
    const { queue, exploration } = this.analyses;
    const key = `exploration ${JSON.stringify(wanted)}`;
    return answered(() => queue.run(key, () => exploration.estimate(wanted)));
  }
}
