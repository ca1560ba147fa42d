import type { Pool } from 'pg';
import type { StoredLabel } from '#contracts/stored-decision.js';

interface LabelRow {
  readonly id: string;
  readonly label: StoredLabel['label'];
  readonly source: StoredLabel['source'];
  readonly reason_code: string | null;
  readonly amount_value: string | null;
  readonly amount_currency: string | null;
  readonly occurred_at: Date | null;
  readonly reported_at: Date | null;
  readonly learnt_at: Date;
  readonly in_force: boolean;
}

/** Labels of transactions, as they were known at any time. */
export class LabelReader {
  constructor(private readonly pool: Pool) {}

  /**
   * All that was said of a transaction, in the order in which it was learnt, with what is in force.
   *
   * @param knownAt What was learnt later is left out, and does not correct anything; null: nothing
   *   is.
   */
  async of(transactionId: string, knownAt: string | null): Promise<StoredLabel[]> {
    const { rows } = await this.pool.query<LabelRow>(
      `SELECT label.id, label.label, label.source, label.reason_code, label.amount_value,
         label.amount_currency, label.occurred_at, label.reported_at, label.learnt_at,
         label.id IS NOT DISTINCT FROM (
           SELECT id FROM labels_as_of($2) WHERE transaction_id = $1
         ) AS in_force
       FROM labels label WHERE transaction_id = $1 AND learnt_at <= $2
       ORDER BY learnt_at, position`,
      [transactionId, knownAt ?? 'infinity'],
    );
    return rows.map(labelOf);
  }
}

function labelOf(row: LabelRow): StoredLabel {
  const { amount_value: value, amount_currency: currency } = row;
  return {
    id: row.id,
    label: row.label,
    source: row.source,
    reason_code: row.reason_code,
    amount: value === null || currency === null ? null : { value: Number(value), currency },
    occurred_at: row.occurred_at?.toISOString() ?? null,
    reported_at: row.reported_at?.toISOString() ?? null,
    learnt_at: row.learnt_at.toISOString(),
    in_force: row.in_force,
  };
}
