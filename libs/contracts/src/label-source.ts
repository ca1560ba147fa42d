/**
 * Who says what a transaction was, the strongest first: of several, the strongest is believed.
 *
 * A chargeback is money lost, and one that was won is money back; an early warning is the issuer's
 * word; an analyst looks at evidence; a customer may err or lie; a refund says the least.
 */
export const labelSources = [
  'chargeback',
  'early_fraud_warning',
  'manual_review',
  'customer_report',
  'refund',
] as const;
export type LabelSource = (typeof labelSources)[number];

/**
 * The larger, the stronger; no two are alike. With room between them for sources to come, because
 * feature stores and Postgres keep these numbers.
 */
export const labelStrengths: Readonly<Record<LabelSource, number>> = {
  chargeback: 50,
  early_fraud_warning: 40,
  manual_review: 30,
  customer_report: 20,
  refund: 10,
};

/**
 * When a source said something, epoch ms: when it reported it or, where it does not tell, when it
 * was learnt. Nothing is reported after it was learnt, whatever a clock says.
 */
export function saidAtMs(reportedAt: string | undefined, learntAtMs: number): number {
  return reportedAt === undefined ? learntAtMs : Math.min(Date.parse(reportedAt), learntAtMs);
}
