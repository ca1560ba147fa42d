import type { Pool } from 'pg';

export interface RuleDeclines {
  readonly decisions: number;
  /** How many of them each rule declined; rules that declined none are left out. */
  readonly byRule: ReadonlyMap<string, number>;
}

/** How much of the traffic each rule declined in a span of time, out of the log. */
export class RuleDeclineReader {
  constructor(private readonly pool: Pool) {}

  /** Of decisions made after `fromMs` and not after `toMs`. */
  async between(fromMs: number, toMs: number): Promise<RuleDeclines> {
    const span = [new Date(fromMs), new Date(toMs)];
    const counted = await this.pool.query<{ readonly count: number }>(
      'SELECT count(*)::int AS count FROM decisions WHERE created_at > $1 AND created_at <= $2',
      span,
    );
    const { rows } = await this.pool.query<{ readonly rule_id: string; readonly count: number }>(
      `SELECT rule_id, count(*)::int AS count FROM rule_hits
       WHERE created_at > $1 AND created_at <= $2 AND applied AND action = 'decline'
       GROUP BY rule_id`,
      span,
    );
    return {
      decisions: counted.rows[0]?.count ?? 0,
      byRule: new Map(rows.map(({ rule_id: ruleId, count }) => [ruleId, count])),
    };
  }
}
