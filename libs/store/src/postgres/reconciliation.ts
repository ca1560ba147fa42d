import type { Pool } from 'pg';

/** Rows may come behind their tally when the log has several parts: only then are they missing. */
export const GRACE_SECONDS = 300;
/** How far back minutes are compared again when rows of them were missing. */
const HORIZON_HOURS = 24;

/** Minutes of which fewer decisions are stored than were acknowledged. */
export interface Unreconciled {
  readonly decisions: number;
  readonly minutes: number;
  /** The first of these minutes, epoch ms; null when there is none. */
  readonly firstMs: number | null;
}

/*
 * Minutes with a new tally, and those that were short before. More rows than were acknowledged are
 * none of its business: a process that was killed had no time to tell, and may have left decisions
 * that nobody heard of. The first minute of the log is left out, since a journal that is read from
 * its middle has a part of it.
 */
const COMPARE = `
INSERT INTO reconciliations (minute, acknowledged, stored, tallied_at, checked_at)
SELECT tally.minute, tally.acknowledged,
  (SELECT count(*) FROM decisions
   WHERE created_at >= tally.minute AND created_at < tally.minute + interval '1 minute'),
  tally.tallied_at, now()
FROM (
  SELECT minute, sum(decisions) AS acknowledged, max(stored_at) AS tallied_at FROM tallies
  WHERE minute IN (
    SELECT minute FROM tallies WHERE stored_at > now() - make_interval(hours => ${HORIZON_HOURS})
  ) GROUP BY minute
) tally LEFT JOIN reconciliations known USING (minute)
WHERE tally.minute > (SELECT min(created_at) FROM decisions)
  AND (known.minute IS NULL OR known.stored < known.acknowledged
    OR known.acknowledged <> tally.acknowledged)
ON CONFLICT (minute) DO UPDATE SET acknowledged = excluded.acknowledged,
  stored = excluded.stored, tallied_at = excluded.tallied_at, checked_at = excluded.checked_at`;

const SHORT = `
SELECT coalesce(sum(acknowledged - stored), 0)::int AS decisions, count(*)::int AS minutes,
  min(minute) AS first
FROM reconciliations WHERE stored < acknowledged
  AND tallied_at BETWEEN now() - make_interval(hours => ${HORIZON_HOURS})
    AND now() - make_interval(secs => $1)`;

/** Holds the decisions that were acknowledged against those that are stored, minute by minute. */
export class Reconciliation {
  constructor(
    private readonly pool: Pool,
    private readonly graceSeconds = GRACE_SECONDS,
  ) {}

  /** Compares what is new, and says what is missing for longer than the grace. */
  async run(): Promise<Unreconciled> {
    await this.pool.query(COMPARE);
    const { rows } = await this.pool.query<{
      decisions: number;
      minutes: number;
      first: Date | null;
    }>(SHORT, [this.graceSeconds]);
    const { decisions = 0, minutes = 0, first = null } = rows[0] ?? {};
    return { decisions, minutes, firstMs: first?.getTime() ?? null };
  }

  /** Forgets the minutes whose decisions are past retention. */
  async forget(retentionDays: number): Promise<void> {
    for (const table of ['tallies', 'reconciliations']) {
      await this.pool.query(
        `DELETE FROM ${table} WHERE minute < now() - make_interval(days => $1)`,
        [retentionDays],
      );
    }
  }
}
