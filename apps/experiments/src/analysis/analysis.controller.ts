import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { answered } from '../answered.js';
import { ANALYSES } from '../tokens.js';
import type { Analyses } from './analyses.js';

/** What an experiment says so far. */
@Controller('v1/experiments')
export class AnalysisController {
  constructor(@Inject(ANALYSES) private readonly analyses: Analyses) {}

  @Get(':id/analysis')
  @Returns(200, ExperimentAnalysis)
  @RequireScope('read')
  @Describe({
    operationId: 'analyseExperiment',
    tag: 'Experiments',
    summary: 'What an experiment says so far',
    description:
      'A verdict in a sentence and the numbers behind it. Ask as often as you like: the intervals that ' +
      'verdicts use hold at every look.',
    errors: [
      'EXPERIMENT_NOT_FOUND',
      'EXPERIMENT_NOT_STARTED',
      'OVERLOADED',
      'DATABASE_UNAVAILABLE',
    ],
  })
  analyse(@Param('id') id: string): Promise<ExperimentAnalysis> {
    const { queue, experiments } = this.analyses;
    return answered(() => queue.run(`experiment ${id}`, () => experiments.analyse(id)));
  }
}
