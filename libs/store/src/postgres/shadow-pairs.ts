import type { Pool } from 'pg';
import type { Decision } from '#contracts/decision-reply.js';
import { heavyRead } from './heavy-read.js';
import { firstIdAt, LABELS_IN_FORCE, outcomesInForce, WENT_THROUGH } from './payment-facts.js';

/** Transactions that are read at most; of more, an even sample, the same one each time. */
const PAIRS_MAX = 50_000;
const HASHES = 65_536;

export interface PairsQuery {
  readonly shadowId: string;
  /** Decisions in [from, to). */
  readonly from: Date;
  readonly to: Date;
  /** ISO 4217. */
  readonly currency: string;
}

/** One transaction as it was decided, and as the shadow would have decided it. */
export interface ShadowPair {
  /** A decline that exploration let through counts as the decline that it was. */
  readonly champion: Decision;
  readonly challenger: Decision;
  readonly championProbability: number | null;
  readonly challengerProbability: number | null;
  /** Why the shadow has no score; null when it has. */
  readonly failure: string | null;
  /** 0 in another currency. */
  readonly amountMinor: number;
  readonly isOfCurrency: boolean;
  /** Null: no label. */
  readonly fraud: boolean | null;
  readonly wentThrough: boolean;
  readonly ageDays: number;
  readonly championModelMs: number;
  readonly championRulesMs: number;
  readonly challengerModelMs: number;
  readonly challengerRulesMs: number;
}

export interface ShadowPairs {
  /** All transactions that the shadow judged. */
  readonly judged: number;
  readonly pairs: readonly ShadowPair[];
}

/** Decisions beside what a shadow would have decided. */
export class ShadowPairReader {
  constructor(private readonly pool: Pool) {}

  read({ shadowId, from, to, currency }: PairsQuery, now: Date): Promise<ShadowPairs> {
    return heavyRead(this.pool, async (client) => {
      const window = [shadowId, from.toISOString(), to.toISOString()];
      const { rows: counted } = await client.query<{ readonly judged: number }>(
        `SELECT count(*)::float8 AS judged FROM shadow_decisions
         WHERE shadow_id = $1 AND created_at >= $2 AND created_at < $3`,
        window,
      );
      const judged = counted[0]?.judged ?? 0;
      const hashes = Math.ceil(HASHES * Math.min(1, PAIRS_MAX / Math.max(1, judged)));
      const { rows } = await client.query<ShadowPair>(PAIRS, [
        ...window,
        currency,
        hashes,
        firstIdAt(from),
        firstIdAt(to),
        now.toISOString(),
      ]);
      return { judged, pairs: rows };
    });
  }
}

/*
 * The sample first, and each decision by its key: left to itself the planner takes the two columns
 * of the key for independent, expects one row, and reads all labels again for each of fifty
 * thousand.
 */
const PAIRS = `
  WITH label AS (${LABELS_IN_FORCE}),
  judged AS MATERIALIZED (
    SELECT * FROM shadow_decisions
    WHERE shadow_id = $1 AND created_at >= $2 AND created_at < $3
      AND (hashtextextended(decision_id::text, 0) & ${HASHES - 1}) < $5),
  pair AS (
    SELECT judged.decision AS challenger, judged.fraud_probability AS challenger_probability,
      judged.failure, judged.model_ms, judged.rules_ms, decided.*
    FROM judged CROSS JOIN LATERAL (
      SELECT created_at, decision_id, transaction_id, decision, explored, fraud_probability,
        amount_minor, currency, event_time,
        (record #>> '{reply,timings,model_ms}')::float8 AS champion_model_ms,
        (record #>> '{reply,timings,rules_ms}')::float8 AS champion_rules_ms
      FROM decisions
      WHERE created_at = judged.created_at AND decision_id = judged.decision_id LIMIT 1
    ) AS decided)
  SELECT CASE WHEN explored THEN 'decline' ELSE decision END AS champion, challenger,
    fraud_probability AS "championProbability",
    challenger_probability AS "challengerProbability", failure,
    (CASE WHEN currency = $4 THEN coalesce(amount_minor, 0) ELSE 0 END)::float8 AS "amountMinor",
    coalesce(currency = $4, false) AS "isOfCurrency",
    fraud, ${WENT_THROUGH} AS "wentThrough",
    greatest(0, floor(extract(epoch FROM $8::timestamptz - event_time) / 86400))::int AS "ageDays",
    champion_model_ms AS "championModelMs", champion_rules_ms AS "championRulesMs",
    model_ms::float8 AS "challengerModelMs", rules_ms::float8 AS "challengerRulesMs"
  FROM pair
  LEFT JOIN label USING (transaction_id)
  LEFT JOIN (${outcomesInForce('$6::uuid', '$7::uuid')}) AS outcome USING (decision_id)
  ORDER BY created_at, decision_id`;
