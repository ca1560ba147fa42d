import { paymentMetricIds, type PaymentMetricId } from '#contracts/experiment.js';

/*
 * The payment metrics in SQL: what `paymentValues` of libs/experimentation computes of the payments
 * of one unit, here of rows with `decision`, `amount` (null: not of the currency), `went_through`
 * and `fraud` (null: no label). A test holds the two to each other.
 */

/** Sums over the payments of one unit; all that the metrics are made of. */
const totals: Readonly<Record<string, string>> = {
  decisions: `count(*)`,
  approved: `count(*) FILTER (WHERE decision = 'approve')`,
  challenged: `count(*) FILTER (WHERE decision = 'challenge')`,
  declined: `count(*) FILTER (WHERE decision = 'decline')`,
  payments: `count(amount)`,
  through: `coalesce(sum(amount) FILTER (WHERE went_through), 0)`,
  fraud: `coalesce(sum(amount) FILTER (WHERE went_through AND fraud), 0)`,
  turned_away: `coalesce(sum(amount) FILTER (WHERE NOT went_through AND NOT fraud), 0)`,
  challenges: `count(amount) FILTER (WHERE decision = 'challenge')`,
  reviews: `count(amount) FILTER (WHERE decision = 'review')`,
};

/** The select list that makes them. */
export const UNIT_TOTALS = Object.entries(totals)
  .map(([name, sql]) => `(${sql})::float8 AS ${name}`)
  .join(', ');

/** SQL of the parameters that net value needs. */
export interface EconomicsSql {
  readonly marginShare: string;
  readonly fraudLossShare: string;
  readonly challengeCostMinor: string;
  readonly reviewCostMinor: string;
}

interface MetricSql {
  readonly metricId: PaymentMetricId;
  readonly numerator: string;
  readonly denominator: string;
}

/** @param total How a total is written: with the name of its table, and null as 0 if need be. */
export function metricsOf(total: (name: string) => string, money: EconomicsSql): MetricSql[] {
  const netValue =
    `${money.marginShare} * (${total('through')} - ${total('fraud')})` +
    ` - ${money.fraudLossShare} * ${total('fraud')}` +
    ` - ${money.challengeCostMinor} * ${total('challenges')}` +
    ` - ${money.reviewCostMinor} * ${total('reviews')}`;
  const ratios: Record<PaymentMetricId, readonly [string, string]> = {
    approval_rate: [total('approved'), total('decisions')],
    challenge_rate: [total('challenged'), total('decisions')],
    decline_rate: [total('declined'), total('decisions')],
    fraud_value: [`10000 * ${total('fraud')}`, total('through')],
    false_positive_value: [total('turned_away'), total('payments')],
    net_value: [netValue, total('payments')],
  };
  return paymentMetricIds.map((metricId) => {
    const [numerator, denominator] = ratios[metricId];
    return { metricId, numerator, denominator };
  });
}
