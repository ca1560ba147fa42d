import type { Decision } from '#contracts/decision-reply.js';
import type { PaymentMetricId } from '#contracts/experiment.js';
import type { UnitValues } from '../statistics/unit-sums.js';

export interface MetricDefinition {
  readonly metricId: string;
  /** As it reads in a sentence. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Whether it moves as labels come, so that it must wait for them. */
  readonly needsLabels: boolean;
}

/** Each is a ratio of sums over units: see `paymentValues` for what over what. */
export const paymentMetrics: Readonly<Record<PaymentMetricId, MetricDefinition>> = {
  approval_rate: metric('approval_rate', 'approval rate', 'higher', false),
  challenge_rate: metric('challenge_rate', 'challenge rate', 'lower', false),
  decline_rate: metric('decline_rate', 'decline rate', 'lower', false),
  fraud_value: metric('fraud_value', 'fraud value in basis points', 'lower', true),
  false_positive_value: metric('false_positive_value', 'false-positive value', 'lower', true),
  net_value: metric('net_value', 'net value per decision', 'higher', true),
};

const BASIS_POINTS = 10_000;

export interface DecidedPayment {
  readonly decision: Decision;
  /** In minor units of the one currency that the experiment reports in. */
  readonly amountMinor: number;
  /** Whether the payment was made in the end: approved, or its challenge or review passed. */
  readonly wentThrough: boolean;
  readonly label: 'fraud' | 'legit' | null;
}

/** What a payment is worth to the one who runs the system. */
export interface PaymentEconomics {
  /** Earned of an honest payment's amount that went through, [0, 1]. */
  readonly marginShare: number;
  /** Lost of a fraudulent amount that went through: above 1 with fees and goods. */
  readonly fraudLossShare: number;
  readonly challengeCostMinor: number;
  readonly reviewCostMinor: number;
}

/**
 * What one unit contributes to every payment metric: rates are decisions of that kind over
 * decisions; fraud value is fraudulent over all value that went through, in basis points;
 * false-positive value is the value of known honest payments that did not go through, per decision;
 * net value is margin less fraud, challenges and reviews, per decision.
 */
export function paymentValues(
  payments: readonly DecidedPayment[],
  economics: PaymentEconomics,
): Record<PaymentMetricId, UnitValues> {
  const perDecision = (of: (payment: DecidedPayment) => number): UnitValues => ({
    numerator: total(payments, of),
    denominator: payments.length,
    covariate: null,
  });
  const decided = (decision: Decision) =>
    perDecision((payment) => (payment.decision === decision ? 1 : 0));
  return {
    approval_rate: decided('approve'),
    challenge_rate: decided('challenge'),
    decline_rate: decided('decline'),
    fraud_value: {
      numerator: BASIS_POINTS * total(payments, fraudMinor),
      denominator: total(payments, (payment) => (payment.wentThrough ? payment.amountMinor : 0)),
      covariate: null,
    },
    false_positive_value: perDecision((payment) =>
      !payment.wentThrough && payment.label === 'legit' ? payment.amountMinor : 0,
    ),
    net_value: perDecision((payment) => netMinor(payment, economics)),
  };
}

function metric(
  metricId: PaymentMetricId,
  name: string,
  better: 'higher' | 'lower',
  needsLabels: boolean,
): MetricDefinition {
  return { metricId, name, better, needsLabels };
}

function total(
  payments: readonly DecidedPayment[],
  of: (payment: DecidedPayment) => number,
): number {
  return payments.reduce((sum, payment) => sum + of(payment), 0);
}

function fraudMinor({ wentThrough, label, amountMinor }: DecidedPayment): number {
  return wentThrough && label === 'fraud' ? amountMinor : 0;
}

function netMinor(payment: DecidedPayment, economics: PaymentEconomics): number {
  const { decision, wentThrough, label, amountMinor } = payment;
  const earned = wentThrough && label !== 'fraud' ? economics.marginShare * amountMinor : 0;
  const lost = economics.fraudLossShare * fraudMinor(payment);
  const challenge = decision === 'challenge' ? economics.challengeCostMinor : 0;
  const review = decision === 'review' ? economics.reviewCostMinor : 0;
  return earned - lost - challenge - review;
}
