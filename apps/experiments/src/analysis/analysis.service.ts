import { AppError } from '#contracts/app-error.js';
import type { ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { analyseExperiment } from '#experimentation/analysis/analyse-experiment.js';
import type { AnalysedExperiment, ExperimentReader } from '#store/postgres/experiment-reader.js';
import type { ExperimentSums } from '#store/postgres/experiment-sums.js';
import type { Clock } from '#telemetry/clock.js';
import { analysisInputOf } from './analysis-input.js';
import { analysisReplyOf } from './analysis-reply.js';
import type { LabelMaturity } from './label-maturity.js';

export interface AnalysisParts {
  readonly experiments: ExperimentReader;
  readonly sums: ExperimentSums;
  readonly maturity: LabelMaturity;
  readonly clock: Clock;
}

/** Analyses an experiment as it stands. */
export class AnalysisService {
  constructor(private readonly parts: AnalysisParts) {}

  /** @throws AppError 'EXPERIMENT_NOT_FOUND', 'EXPERIMENT_NOT_STARTED' */
  async analyse(experimentId: string): Promise<ExperimentAnalysis> {
    const { experiments, sums, clock } = this.parts;
    const experiment = await experiments.find(experimentId);
    if (experiment === null) {
      throw new AppError('EXPERIMENT_NOT_FOUND', { detail: 'Check the id; it is lower case.' });
    }
    const { startedAt, reweightedAt, stoppedAt } = experiment;
    if (startedAt === null) {
      throw new AppError('EXPERIMENT_NOT_STARTED', { detail: 'Nobody has an arm of it yet.' });
    }
    const now = new Date(clock.wallMs());
    // Weights that change mix days of different shares: only decisions since count together.
    const window = { since: reweightedAt ?? startedAt, until: stoppedAt ?? now };
    const { currency, economics, unit } = experiment.definition;
    const query = { experimentId, ...window, currency, economics, unit, startedAt };
    const exposed = await sums.read(query);
    const movedUnits = reweightedAt === null ? 0 : await sums.movedUnits(query);
    const shareKnown = await this.shareKnown(experiment, window, now);
    const input = analysisInputOf(experiment, { arms: exposed.arms, shareKnown }, now.getTime());
    const analysis = analyseExperiment(input);
    const { lowestSequentialPValue } = analysis.sampleRatio;
    await experiments.keepLowestSampleRatio(experimentId, reweightedAt, lowestSequentialPValue);
    return analysisReplyOf({
      experiment,
      input,
      analysis,
      decisions: new Map(exposed.arms.map(({ armId, decisions }) => [armId, decisions])),
      unitsInTwoArms: exposed.unitsInTwoArms,
      movedUnits,
      ...window,
      analysedAt: now,
    });
  }

  /** By arm, the share of its labels that are known by now. */
  private async shareKnown(
    { definition, arms }: AnalysedExperiment,
    window: { readonly since: Date; readonly until: Date },
    now: Date,
  ): Promise<Map<string, number | null>> {
    const query = { experimentId: definition.experiment_id, ...window };
    const ages = await this.parts.sums.decisionAges(query, now);
    const shares = new Map<string, number | null>();
    for (const { armId } of arms) {
      const own = ages.filter((one) => one.armId === armId);
      shares.set(armId, await this.parts.maturity.shareKnown(own, now.getTime()));
    }
    return shares;
  }
}
