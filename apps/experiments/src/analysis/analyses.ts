import type { Database } from '#store/postgres/database.js';
import { ExperimentReader } from '#store/postgres/experiment-reader.js';
import { ExperimentSums } from '#store/postgres/experiment-sums.js';
import { ExploredDeclines } from '#store/postgres/explored-declines.js';
import { LabelHistory } from '#store/postgres/label-history.js';
import { ShadowPairReader } from '#store/postgres/shadow-pairs.js';
import type { Clock } from '#telemetry/clock.js';
import { ExplorationService } from '../exploration/exploration.service.js';
import { ShadowService } from '../shadows/shadow.service.js';
import { AnalysisService } from './analysis.service.js';
import { LabelMaturity } from './label-maturity.js';
import { OneAtATime } from './one-at-a-time.js';

/** What answers questions about many decisions at once, and the queue that they share. */
export interface Analyses {
  readonly queue: OneAtATime;
  readonly experiments: AnalysisService;
  readonly exploration: ExplorationService;
  readonly shadows: ShadowService;
}

export function openAnalyses({ pool }: Database, clock: Clock): Analyses {
  const maturity = new LabelMaturity(new LabelHistory(pool));
  return {
    queue: new OneAtATime(),
    experiments: new AnalysisService({
      experiments: new ExperimentReader(pool),
      sums: new ExperimentSums(pool),
      maturity,
      clock,
    }),
    exploration: new ExplorationService({ declines: new ExploredDeclines(pool), maturity, clock }),
    shadows: new ShadowService({ reader: new ShadowPairReader(pool), maturity, clock }),
  };
}
