import type { Measurement } from '#experimentation/rollout/measurement.js';
import { AtIntervals } from '#platform/at-intervals.js';
import type { RolloutData } from '#store/postgres/rollout-data.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { RolloutMetrics } from '#telemetry/rollout-metrics.js';
import type { ActiveRollout, RolloutsService } from './rollouts.service.js';

const INTERVAL_MS = 2_000;
const MS_PER_SECOND = 1_000;

export interface RolloutKeeperOptions {
  readonly rollouts: RolloutsService;
  readonly data: RolloutData;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RolloutMetrics;
}

/**
 * Looks at every rollout each two seconds and moves it on, or takes it back. Without the database
 * nothing moves: what serves goes on serving, and the next look tries again.
 */
export class RolloutKeeper {
  private readonly looks = new AtIntervals(INTERVAL_MS, () => this.look());

  constructor(private readonly options: RolloutKeeperOptions) {}

  async close(): Promise<void> {
    await this.looks.close();
  }

  private async look(): Promise<void> {
    const { rollouts, log } = this.options;
    try {
      for (const active of await rollouts.active()) await this.lookAt(active);
    } catch (error) {
      log.warn('Rollouts could not be looked at; trying again', { error });
    }
  }

  private async lookAt(active: ActiveRollout): Promise<void> {
    const { rollouts, log, clock, metrics } = this.options;
    const { rolloutId } = active.row;
    const measurement = await this.measure(active);
    const event = { kind: 'tick', nowMs: clock.wallMs(), measurement } as const;
    const { action } = await rollouts.tick(active, event);
    switch (action.kind) {
      case 'hold':
        return;
      case 'roll_back':
        metrics.rolledBack.inc();
        log.error('A rollout was rolled back', { name: rolloutId, detail: action.sentence });
        return;
      case 'promote':
      case 'complete':
        metrics.promoted.inc();
        log.info('A rollout moved on', { name: rolloutId, detail: action.sentence });
    }
  }

  private async measure({ row, plan, state }: ActiveRollout): Promise<Measurement | null> {
    const stage = state.kind === 'running' || state.kind === 'paused' ? state.stage : 0;
    const { decisionsInStage, candidate, baseline } = await this.options.data.measure(
      {
        rolloutId: row.rolloutId,
        fromMs: this.options.clock.wallMs() - plan.windowSeconds * MS_PER_SECOND,
        stageSinceMs: row.stageSince.getTime(),
        currency: row.request.currency,
      },
      plan.stages[stage]?.share === 0,
    );
    if (candidate.decisions === 0) return null;
    // The candidate is to score as the champion does: where nobody is left with the champion there
    // is nothing to compare with, and its own scores say nothing.
    const scoreBinsExpected =
      baseline.decisions >= plan.windowDecisionsMin ? baseline.scoreBins : candidate.scoreBins;
    const { scoreBins } = candidate;
    return { candidate, baseline, scoreBins, scoreBinsExpected, decisionsInStage };
  }
}
