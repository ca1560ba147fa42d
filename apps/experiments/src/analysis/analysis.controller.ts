import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { RequireScope } from '#platform/scope-guard.js';
import { answered } from '../answered.js';
import { ANALYSES } from '../tokens.js';
import type { Analyses } from './analyses.js';

/** What an experiment says so far. */
@Controller('v1/experiments')
export class AnalysisController {
  constructor(@Inject(ANALYSES) private readonly analyses: Analyses) {}

  @Get(':id/analysis')
  @RequireScope('read')
  analyse(@Param('id') id: string): Promise<ExperimentAnalysis> {
    const { queue, experiments } = this.analyses;
    return answered(() => queue.run(`experiment ${id}`, () => experiments.analyse(id)));
  }
}
