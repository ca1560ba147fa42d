import type { Pool, PoolClient } from 'pg';
import { paymentMetricIds, type PaymentMetricId } from '#contracts/experiment.js';
import { heavyRead } from './heavy-read.js';
import { sumsStatement, type SumsQuery } from './sums-statement.js';

/** The columns of `decisions` that hold an entity, and so the history of a unit of that kind. */
const HISTORY_COLUMNS: readonly string[] = ['card', 'customer', 'device'];
const HISTORY_MS_MAX = 14 * 86_400_000;
/** Decisions of before that are read at most, about: their rows are large. */
const HISTORY_DECISIONS_MAX = 1_000_000;

/** Sums over the units of one arm, of one metric: a ratio of two values that each unit has. */
export interface MetricSums {
  readonly numerator: number;
  readonly numeratorSquares: number;
  readonly denominator: number;
  readonly denominatorSquares: number;
  /** Sum of numerator times denominator. */
  readonly products: number;
  readonly history: HistorySums | null;
}

/** The same with the metric of the same unit before the start, n over d: `ND` is numerator x d. */
export interface HistorySums {
  readonly n: number;
  readonly d: number;
  readonly nn: number;
  readonly dd: number;
  readonly nd: number;
  readonly numeratorN: number;
  readonly numeratorD: number;
  readonly denominatorN: number;
  readonly denominatorD: number;
}

export interface ExposedArm {
  readonly armId: string;
  readonly units: number;
  readonly decisions: number;
  readonly metrics: Readonly<Record<PaymentMetricId, MetricSums>>;
}

export interface ExposedUnits {
  readonly arms: readonly ExposedArm[];
  /** Left out: units that decisions of the window count in more than one arm. */
  readonly unitsInTwoArms: number;
}

export interface ArmAges {
  readonly armId: string;
  readonly ageDays: number;
  readonly decisions: number;
}

interface SumsRow {
  /** Null: of the units that were in two arms. */
  readonly arm_id: string | null;
  readonly units: number;
  readonly decisions: number;
  readonly [sum: string]: number | string | null;
}

/** The sums of an experiment's arms, made where the rows are: memory does not grow with them. */
export class ExperimentSums {
  constructor(private readonly pool: Pool) {}

  async read(query: SumsQuery): Promise<ExposedUnits> {
    return heavyRead(this.pool, async (client) => {
      const historySince = await this.historySince(client, query);
      const { rows } = await client.query<SumsRow>(sumsStatement(query, historySince));
      return {
        arms: rows.flatMap((row) =>
          row.arm_id === null ? [] : [armOf(row.arm_id, row, historySince !== null)],
        ),
        unitsInTwoArms: rows.find((row) => row.arm_id === null)?.units ?? 0,
      };
    });
  }

  /**
   * Units that decided under other weights before and are in another arm since. They stay in the
   * analysis: an arm that grew took them all, so that without them it would lack just the units
   * that come often.
   */
  async movedUnits(
    query: Pick<SumsQuery, 'experimentId' | 'since'> & { readonly startedAt: Date },
  ) {
    const { experimentId, since, startedAt } = query;
    return heavyRead(this.pool, async (client) => {
      const { rows } = await client.query<{ readonly moved: number }>(
        `SELECT count(*)::float8 AS moved FROM (
           SELECT FROM exposures
           WHERE experiment_id = $1 AND created_at >= $2 AND NOT forced
           GROUP BY unit HAVING min(arm_id) <> max(arm_id) AND max(created_at) >= $3) AS units`,
        [experimentId, startedAt, since],
      );
      return rows[0]?.moved ?? 0;
    });
  }

  /** How old each arm's decisions are, in whole days: for the share of labels known. */
  async decisionAges(
    query: Pick<SumsQuery, 'experimentId' | 'since' | 'until'>,
    now: Date,
  ): Promise<readonly ArmAges[]> {
    const { experimentId, since, until } = query;
    return heavyRead(this.pool, async (client) => {
      const { rows } = await client.query<ArmAges>(
        `SELECT arm_id AS "armId", count(*)::float8 AS decisions,
           greatest(0, floor(extract(epoch FROM $4::timestamptz - event_time) / 86400))::int
             AS "ageDays"
         FROM exposures
         WHERE experiment_id = $1 AND created_at >= $2 AND created_at < $3 AND NOT forced
         GROUP BY 1, 3`,
        [experimentId, since, until, now],
      );
      return rows;
    });
  }

  /** From when on history is read: as far back as its rows are few enough; null: not at all. */
  private async historySince(client: PoolClient, query: SumsQuery): Promise<Date | null> {
    const { unit, startedAt } = query;
    if (startedAt === null || !HISTORY_COLUMNS.includes(unit)) return null;
    const earliest = new Date(startedAt.getTime() - HISTORY_MS_MAX);
    const { rows } = await client.query<{ readonly 'QUERY PLAN': readonly Plan[] }>(
      `EXPLAIN (FORMAT JSON) SELECT FROM decisions WHERE created_at >= '${earliest.toISOString()}'
         AND created_at < '${startedAt.toISOString()}'`,
    );
    const expected = rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
    const share = Math.min(1, HISTORY_DECISIONS_MAX / Math.max(1, expected));
    return new Date(startedAt.getTime() - HISTORY_MS_MAX * share);
  }
}

interface Plan {
  readonly Plan: { readonly 'Plan Rows': number };
}

function armOf(armId: string, row: SumsRow, withHistory: boolean): ExposedArm {
  const metrics = Object.fromEntries(
    paymentMetricIds.map((metricId) => {
      const sum = (name: string): number => Number(row[`${metricId}_${name}`]);
      const metric: MetricSums = {
        numerator: sum('numerator'),
        numeratorSquares: sum('numerator_squares'),
        denominator: sum('denominator'),
        denominatorSquares: sum('denominator_squares'),
        products: sum('products'),
        history: withHistory ? historyOf(sum) : null,
      };
      return [metricId, metric];
    }),
  ) as Record<PaymentMetricId, MetricSums>;
  return { armId, units: row.units, decisions: row.decisions, metrics };
}

function historyOf(sum: (name: string) => number): HistorySums {
  return {
    n: sum('history_n'),
    d: sum('history_d'),
    nn: sum('history_nn'),
    dd: sum('history_dd'),
    nd: sum('history_nd'),
    numeratorN: sum('numerator_n'),
    numeratorD: sum('numerator_d'),
    denominatorN: sum('denominator_n'),
    denominatorD: sum('denominator_d'),
  };
}
