import type { Economics } from '#contracts/economics.js';
import { firstIdAt, LABELS_IN_FORCE, outcomesInForce, WENT_THROUGH } from './payment-facts.js';
import { metricsOf, UNIT_TOTALS, type EconomicsSql } from './unit-metrics.js';

export interface SumsQuery {
  readonly experimentId: string;
  /** Decisions from here on. */
  readonly since: Date;
  /** And before here. */
  readonly until: Date;
  /** ISO 4217. */
  readonly currency: string;
  readonly economics: Economics;
  /** The entity that arms stick to. */
  readonly unit: string;
  /** History is of before this; null: without it. */
  readonly startedAt: Date | null;
}

const SUMS: readonly (readonly [name: string, sql: string])[] = [
  ['numerator', 'n'],
  ['numerator_squares', 'n * n'],
  ['denominator', 'd'],
  ['denominator_squares', 'd * d'],
  ['products', 'n * d'],
];
const HISTORY_SUMS: readonly (readonly [name: string, sql: string])[] = [
  ['history_n', 'hn'],
  ['history_d', 'hd'],
  ['history_nn', 'hn * hn'],
  ['history_dd', 'hd * hd'],
  ['history_nd', 'hn * hd'],
  ['numerator_n', 'n * hn'],
  ['numerator_d', 'n * hd'],
  ['denominator_n', 'd * hn'],
  ['denominator_d', 'd * hd'],
];

/** One row an arm, and one without an arm for the units that were in two. */
export function sumsStatement(
  query: SumsQuery,
  historySince: Date | null,
): { readonly text: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const time = (value: Date): string => parameter(value.toISOString(), 'timestamptz');
  const id = (value: Date): string => parameter(firstIdAt(value), 'uuid');
  const { economics } = query;
  const money: EconomicsSql = {
    marginShare: parameter(economics.margin_share, 'float8'),
    fraudLossShare: parameter(economics.fraud_loss_share, 'float8'),
    challengeCostMinor: parameter(economics.challenge_cost_minor, 'float8'),
    reviewCostMinor: parameter(economics.review_cost_minor, 'float8'),
  };
  const currency = parameter(query.currency, 'text');
  const payments = (table: string, from: Date, to: Date): string => `
    LEFT JOIN label USING (transaction_id)
    LEFT JOIN (${outcomesInForce(id(from), id(to))}) AS outcome USING (decision_id)
    CROSS JOIN LATERAL (SELECT
      CASE WHEN currency = ${currency} THEN amount_minor::float8 END AS amount,
      ${WENT_THROUGH} AS went_through) AS payment
    WHERE ${table}.created_at >= ${time(from)} AND ${table}.created_at < ${time(to)}`;
  const history =
    historySince === null
      ? ''
      : `, history AS (
        SELECT ${query.unit} AS unit, ${UNIT_TOTALS} FROM decisions
        ${payments('decisions', historySince, query.startedAt ?? historySince)}
          AND ${query.unit} IS NOT NULL
        GROUP BY 1)`;
  const exposed = `exposed AS (
    SELECT unit, min(arm_id) AS arm_id, max(arm_id) AS other_arm_id, ${UNIT_TOTALS} FROM exposures
    ${payments('exposures', query.since, query.until)}
      AND experiment_id = ${parameter(query.experimentId, 'text')} AND NOT forced
    GROUP BY unit)`;
  const text = `
    WITH label AS (${LABELS_IN_FORCE}), ${exposed}${history}
    SELECT CASE WHEN arm_id = other_arm_id THEN arm_id END AS arm_id,
      count(*)::float8 AS units, sum(exposed.decisions) AS decisions,
      ${sumsOf(money, historySince !== null).join(', ')}
    FROM exposed ${historySince === null ? '' : 'LEFT JOIN history USING (unit)'}
    GROUP BY 1 ORDER BY 1`;
  return { text, values };
}

/** The sums of every metric, as `approval_rate_numerator` and so on. */
function sumsOf(money: EconomicsSql, withHistory: boolean): string[] {
  const now = metricsOf((total) => `exposed.${total}`, money);
  const before = metricsOf((total) => `coalesce(history.${total}, 0)`, money);
  return now.flatMap(({ metricId, numerator, denominator }, nth) => {
    const terms: Record<string, string> = {
      n: numerator,
      d: denominator,
      hn: before[nth]?.numerator ?? '0',
      hd: before[nth]?.denominator ?? '0',
    };
    const wanted = withHistory ? [...SUMS, ...HISTORY_SUMS] : SUMS;
    return wanted.map(([name, sql]) => {
      const product = sql.split(' * ').map((term) => `(${terms[term]})`);
      return `sum(${product.join(' * ')}) AS ${metricId}_${name}`;
    });
  });
}
