import type { Pool } from 'pg';
import { ExperimentDefinition, type ExperimentState } from '#contracts/experiment.js';

/** An experiment as an analysis needs it. */
export interface AnalysedExperiment {
  readonly state: ExperimentState;
  readonly definition: ExperimentDefinition;
  readonly startedAt: Date | null;
  readonly reweightedAt: Date | null;
  readonly stoppedAt: Date | null;
  /** Of all analyses since the start, or the last change of weights. */
  readonly lowestSampleRatioPValue: number;
  /** Control first. */
  readonly arms: readonly {
    readonly armId: string;
    readonly isControl: boolean;
    /** Its intended share of the units; arms sum to 1. */
    readonly weight: number;
  }[];
}

interface ExperimentRow {
  readonly state: ExperimentState;
  readonly definition: unknown;
  readonly started_at: Date | null;
  readonly reweighted_at: Date | null;
  readonly stopped_at: Date | null;
  readonly lowest_sample_ratio_p: number;
}

interface ArmRow {
  readonly arm_id: string;
  readonly is_control: boolean;
  readonly weight: number;
}

/** What analyses read of experiments, and the one number that they leave behind. */
export class ExperimentReader {
  constructor(private readonly pool: Pool) {}

  async find(experimentId: string): Promise<AnalysedExperiment | null> {
    const { rows } = await this.pool.query<ExperimentRow>(
      `SELECT state, definition, started_at, reweighted_at, stopped_at, lowest_sample_ratio_p
       FROM experiments WHERE experiment_id = $1`,
      [experimentId],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const arms = await this.pool.query<ArmRow>(
      `SELECT arm_id, is_control, weight FROM arms WHERE experiment_id = $1 AND weight > 0
       ORDER BY is_control DESC, arm_id`,
      [experimentId],
    );
    const whole = arms.rows.reduce((sum, arm) => sum + arm.weight, 0);
    return {
      state: row.state,
      definition: ExperimentDefinition.parse(row.definition),
      startedAt: row.started_at,
      reweightedAt: row.reweighted_at,
      stoppedAt: row.stopped_at,
      lowestSampleRatioPValue: row.lowest_sample_ratio_p,
      arms: arms.rows.map((arm) => ({
        armId: arm.arm_id,
        isControl: arm.is_control,
        weight: arm.weight / whole,
      })),
    };
  }

  /**
   * Keeps the lowest p-value of the sample-ratio check that any analysis has seen.
   *
   * @param reweightedAt As the analysis read it: a change of weights since begins the check anew.
   */
  async keepLowestSampleRatio(
    experimentId: string,
    reweightedAt: Date | null,
    pValue: number,
  ): Promise<void> {
    await this.pool.query(
      `UPDATE experiments SET lowest_sample_ratio_p = $3
       WHERE experiment_id = $1 AND reweighted_at IS NOT DISTINCT FROM $2::timestamptz
         AND lowest_sample_ratio_p > $3`,
      [experimentId, reweightedAt, pValue],
    );
  }
}
