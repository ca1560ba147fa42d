import type { Pool } from 'pg';
import type { LabelSource } from '#contracts/label-source.js';
import { dayOf, partitionName } from './partitions.js';

/** Pages of 8 KiB that are read at most: 200 MB, some 100,000 decisions, a second or two. */
const PAGES_MAX = 25_000;
/** Sampled pages are the same each time, so that asking again gives the same answer. */
const SAMPLE_SEED = 1;

export interface DecisionRange {
  /** Decisions made in [from, to), epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Decisions of one age: when their label came, or how old they are now without one. */
export interface AgedDecisions {
  /** Whole days. */
  readonly ageDays: number;
  readonly labelled: boolean;
  readonly decisions: number;
}

export interface LabelAges {
  readonly ages: readonly AgedDecisions[];
  /** The share, (0, 1], of the decisions that was looked at. */
  readonly sampled: number;
}

/**
 * When labels came, out of all decisions and labels: what `labelCurve` and `expectedShareKnown` of
 * experimentation take.
 *
 * The age of a label is from the payment's own time to when its source said it, so that a history
 * that was replayed or imported has the ages of its time. What a source took back later had come
 * all the same.
 */
export class LabelHistory {
  constructor(private readonly pool: Pool) {}

  /**
   * Ages when the first label came; decisions without one are as old as they are now.
   *
   * @param source Null: a label of any source.
   */
  async ages(range: DecisionRange, source: LabelSource | null, nowMs: number): Promise<LabelAges> {
    const sampled = await this.sampleShare(range);
    const { rows } = await this.pool.query<AgedDecisions>(
      `SELECT ${wholeDays('coalesce(said.at, $4) - decision.event_time')} AS "ageDays",
         said.at IS NOT NULL AS labelled, count(*)::int AS decisions
       FROM decisions decision ${sampleClause(sampled)}
       LEFT JOIN (
         SELECT transaction_id, min(said_at) AS at FROM labels
         WHERE label <> 'unknown' AND ($3::text IS NULL OR source = $3) AND said_at <= $4
         GROUP BY transaction_id
       ) said ON said.transaction_id = decision.transaction_id
       WHERE decision.created_at >= $1 AND decision.created_at < $2
       GROUP BY 1, 2 ORDER BY 1, 2`,
      [isoTime(range.fromMs), isoTime(range.toMs), source, isoTime(nowMs)],
    );
    return { ages: rows, sampled };
  }

  /** How old the decisions of a range are now: what the share known is expected of. */
  async decisionAges(
    range: DecisionRange,
    nowMs: number,
  ): Promise<readonly { readonly ageDays: number; readonly decisions: number }[]> {
    const sampled = await this.sampleShare(range);
    const { rows } = await this.pool.query<{ ageDays: number; decisions: number }>(
      `SELECT ${wholeDays('$3 - event_time')} AS "ageDays", count(*)::int AS decisions
       FROM decisions ${sampleClause(sampled)} WHERE created_at >= $1 AND created_at < $2
       GROUP BY 1 ORDER BY 1`,
      [isoTime(range.fromMs), isoTime(range.toMs), isoTime(nowMs)],
    );
    return rows;
  }

  /** So that a question costs the same whatever the traffic is. */
  private async sampleShare(range: DecisionRange): Promise<number> {
    const { rows } = await this.pool.query<{ pages: string | null }>(
      `SELECT sum(pg_relation_size(child.oid)) / current_setting('block_size')::int AS pages
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
       WHERE inhparent = 'decisions'::regclass AND child.relname BETWEEN $1 AND $2`,
      [partitionAt(range.fromMs), partitionAt(range.toMs)],
    );
    const pages = Number(rows[0]?.pages ?? 0);
    return pages <= PAGES_MAX ? 1 : PAGES_MAX / pages;
  }
}

function partitionAt(timeMs: number): string {
  return partitionName('decisions', dayOf(timeMs));
}

function sampleClause(share: number): string {
  return share === 1 ? '' : `TABLESAMPLE SYSTEM (${share * 100}) REPEATABLE (${SAMPLE_SEED})`;
}

function wholeDays(interval: string): string {
  return `greatest(0, floor(extract(epoch FROM (${interval})) / 86400))::int`;
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
