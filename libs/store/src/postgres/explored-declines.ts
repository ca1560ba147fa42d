import type { Pool, PoolClient } from 'pg';
import { heavyRead } from './heavy-read.js';
import { firstIdAt, LABELS_IN_FORCE, outcomesInForce, WENT_THROUGH } from './payment-facts.js';

/** Payments let through that are read at most; at a share of 5 % that is two million declines. */
export const EXPLORED_MAX = 100_000;

export interface DeclinesQuery {
  /** Decisions in [from, to). */
  readonly from: Date;
  readonly to: Date;
  /** ISO 4217. */
  readonly currency: string;
  /** Only what this rule would have declined; null: all. */
  readonly ruleId: string | null;
}

/** A would-be decline that was let through. */
export interface ExploredDecline {
  readonly propensity: number;
  /** 0 when it came to nothing all the same: the issuer declined it, or it was voided. */
  readonly amountMinor: number;
  readonly fraud: boolean;
  readonly ageDays: number;
}

export interface WouldBeDeclines {
  /** Those that could have been let through, whether they were or not. */
  readonly blocked: number;
  readonly blockedMinor: number;
  /** Those that could not, such as amounts above the cap: no estimate speaks of them. */
  readonly outOfReach: number;
  /** At most `EXPLORED_MAX` and one: more are too many. */
  readonly explored: readonly ExploredDecline[];
}

/** Would-be declines while exploration was on, and what came of those let through. */
export class ExploredDeclines {
  constructor(private readonly pool: Pool) {}

  read(query: DeclinesQuery, now: Date): Promise<WouldBeDeclines> {
    return heavyRead(this.pool, async (client) => ({
      ...(await countsOf(client, query)),
      explored: await exploredOf(client, query, now),
    }));
  }
}

const SELECTED = `
  created_at >= $1 AND created_at < $2 AND currency = $3 AND exploration_propensity IS NOT NULL
    AND ($4::text IS NULL OR EXISTS (
      SELECT FROM rule_hits WHERE rule_hits.created_at = decisions.created_at
        AND rule_hits.decision_id = decisions.decision_id AND rule_id = $4 AND applied))`;

function valuesOf({ from, to, currency, ruleId }: DeclinesQuery): unknown[] {
  return [from.toISOString(), to.toISOString(), currency, ruleId];
}

async function countsOf(
  client: PoolClient,
  query: DeclinesQuery,
): Promise<Omit<WouldBeDeclines, 'explored'>> {
  const { rows } = await client.query<Omit<WouldBeDeclines, 'explored'>>(
    `SELECT count(*) FILTER (WHERE exploration_propensity > 0)::float8 AS blocked,
       coalesce(sum(amount_minor) FILTER (WHERE exploration_propensity > 0), 0)::float8
         AS "blockedMinor",
       count(*) FILTER (WHERE exploration_propensity = 0)::float8 AS "outOfReach"
     FROM decisions WHERE ${SELECTED}`,
    valuesOf(query),
  );
  return rows[0]!;
}

async function exploredOf(
  client: PoolClient,
  query: DeclinesQuery,
  now: Date,
): Promise<readonly ExploredDecline[]> {
  const { rows } = await client.query<ExploredDecline>(
    `WITH label AS (${LABELS_IN_FORCE})
     SELECT exploration_propensity AS propensity, coalesce(fraud, false) AS fraud,
       (CASE WHEN ${WENT_THROUGH} THEN coalesce(amount_minor, 0) ELSE 0 END)::float8
         AS "amountMinor",
       greatest(0, floor(extract(epoch FROM $7::timestamptz - event_time) / 86400))::int
         AS "ageDays"
     FROM decisions
     LEFT JOIN label USING (transaction_id)
     LEFT JOIN (${outcomesInForce('$5::uuid', '$6::uuid')}) AS outcome USING (decision_id)
     WHERE ${SELECTED} AND explored ORDER BY created_at LIMIT ${EXPLORED_MAX + 1}`,
    [...valuesOf(query), firstIdAt(query.from), firstIdAt(query.to), now.toISOString()],
  );
  return rows;
}
