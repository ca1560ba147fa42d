import type { Pool } from 'pg';

/** A row as what identifies it, and its fields as plain values. */
export interface Row {
  readonly id: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/** The rows of some transactions, by table. */
export interface RowSets {
  readonly decisions: readonly Row[];
  readonly labels: readonly Row[];
  readonly outcomes: readonly Row[];
}

const DECISIONS = `
SELECT decision_id AS id, created_at, transaction_id, event_time, decision,
  fraud_probability AS probability, ruleset, model, degradation AS degraded
FROM decisions WHERE transaction_id = ANY($1)`;
const HITS = `
SELECT decision_id AS id, rule_id || CASE WHEN applied THEN '' ELSE '?' END AS value
FROM rule_hits WHERE created_at = ANY($1) AND decision_id = ANY($2)`;
const ARMS = `
SELECT decision_id AS id, experiment_id || '/' || arm_id AS value
FROM exposures WHERE created_at = ANY($1) AND decision_id = ANY($2)`;
const LABELS = `
SELECT id, transaction_id, label, source, reason_code, amount_value::float8 AS amount_value,
  amount_currency, occurred_at, reported_at
FROM labels WHERE transaction_id = ANY($1)`;
const OUTCOMES = `
SELECT id, decision_id, outcome, occurred_at FROM outcomes WHERE decision_id = ANY($1)`;

type Column = string | number | Date | null;
type Columns = Readonly<Record<string, Column>> & { readonly id: string };

/** What Postgres holds of these transactions: every row, whoever it came from. */
export async function storedRows(pool: Pool, transactionIds: readonly string[]): Promise<RowSets> {
  const decisions = await pool.query<Columns & { created_at: Date }>(DECISIONS, [transactionIds]);
  const ids = decisions.rows.map(({ id }) => id);
  const times = decisions.rows.map(({ created_at: time }) => time);
  const hits = await listsOf(pool, HITS, [times, ids]);
  const arms = await listsOf(pool, ARMS, [times, ids]);
  const labels = await pool.query<Columns>(LABELS, [transactionIds]);
  const outcomes = await pool.query<Columns>(OUTCOMES, [ids]);
  return {
    decisions: decisions.rows.map(({ created_at: _time, ...row }) => {
      const { id, fields } = rowOf(row as Columns);
      return { id, fields: { ...fields, hits: hits(id), arms: arms(id) } };
    }),
    labels: labels.rows.map(rowOf),
    outcomes: outcomes.rows.map(rowOf),
  };
}

/** The values that belong to an id, sorted and in one text. */
async function listsOf(
  pool: Pool,
  sql: string,
  parameters: readonly unknown[],
): Promise<(id: string) => string> {
  const { rows } = await pool.query<{ id: string; value: string }>(sql, [...parameters]);
  const lists = new Map<string, string[]>();
  for (const { id, value } of rows) lists.set(id, [...(lists.get(id) ?? []), value]);
  return (id) => (lists.get(id) ?? []).toSorted().join(' ');
}

function rowOf({ id, ...columns }: Columns): Row {
  const fields = Object.entries(columns).map(([name, value]): [string, string | number | null] => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  return { id, fields: Object.fromEntries(fields) };
}
