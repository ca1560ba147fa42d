/*
 * What became of a payment, in one place: SQL that every analysis joins. Both give one row for a
 * payment, and none where nothing is known.
 */

/**
 * The label in force of each transaction: `transaction_id`, `fraud`. Abuse counts as fraud, as it
 * does for features.
 */
export const LABELS_IN_FORCE = `
  SELECT transaction_id, label IN ('fraud', 'abuse') AS fraud FROM labels_as_of('infinity')`;

/**
 * Whether a payment went through by the last outcome reported: `decision_id`, `passed`.
 * Decisions' ids begin with their time, so that outcomes of other days are not read.
 *
 * @param from SQL of the first time of the decisions.
 * @param to SQL of the time that all of them are before.
 */
export function outcomesInForce(from: string, to: string): string {
  return `
    SELECT DISTINCT ON (decision_id) decision_id,
      outcome IN ('authorized', 'captured', 'challenge_passed') AS passed
    FROM outcomes WHERE decision_id >= ${from} AND decision_id < ${to}
    ORDER BY decision_id, occurred_at DESC, learnt_at DESC, id DESC`;
}

/** Without an outcome a payment went through just when it was approved. */
export const WENT_THROUGH = `coalesce(outcome.passed, decision = 'approve')`;

const RANDOM_PART = '7000-8000-000000000000';

/** The least id, a UUIDv7, that a decision made at this time can have. */
export function firstIdAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${RANDOM_PART}`;
}
