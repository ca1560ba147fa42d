import type { AnalysisInput, Analysis } from '#experimentation/analysis/analyse-experiment.js';
import type { AnalysedExperiment } from '#store/postgres/experiment-reader.js';

/** Everything that one run of an analysis read and found. */
export interface AnalysisRun {
  readonly experiment: AnalysedExperiment;
  readonly input: AnalysisInput;
  readonly analysis: Analysis;
  readonly decisions: ReadonlyMap<string, number>;
  readonly unitsInTwoArms: number;
  readonly movedUnits: number;
  readonly since: Date;
  readonly until: Date;
  readonly analysedAt: Date;
}
