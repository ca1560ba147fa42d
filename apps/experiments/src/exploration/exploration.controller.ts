import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ExplorationQuery, type ExplorationEstimate } from '#contracts/exploration-estimate.js';
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
  @RequireScope('read')
  estimate(@Query() query: Record<string, string>): Promise<ExplorationEstimate> {
    const wanted = validateBody<ExplorationQuery>(ExplorationQuery, query);
    const { queue, exploration } = this.analyses;
    const key = `exploration ${JSON.stringify(wanted)}`;
    return answered(() => queue.run(key, () => exploration.estimate(wanted)));
  }
}
