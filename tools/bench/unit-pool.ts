import type { PaymentMetricId } from '#contracts/experiment.js';
import { paymentValues, type DecidedPayment } from '#experimentation/analysis/payment-metrics.js';
import { sumUnits, type UnitSums } from '#experimentation/statistics/unit-sums.js';
import { Random } from '../simulate/random.js';

/** A rate near one, a rare one, money with rare events in it, and money with a heavy tail. */
export const simulatedMetrics = [
  'approval_rate',
  'decline_rate',
  'fraud_value',
  'net_value',
] as const satisfies readonly PaymentMetricId[];
export type SimulatedMetric = (typeof simulatedMetrics)[number];

/** What each unit of a pool contributes to the metrics: numerator and denominator in turn. */
export interface UnitPool {
  readonly units: number;
  /** Unit by unit, and in a unit metric by metric in the order of `simulatedMetrics`. */
  readonly values: Float64Array;
  /** Over the whole pool, which is what experiments draw from: its ratio is the truth. */
  readonly totals: Readonly<Record<SimulatedMetric, UnitSums>>;
}

export const VALUES_PER_UNIT = 2 * simulatedMetrics.length;

const ECONOMICS = {
  marginShare: 0.02,
  fraudLossShare: 1,
  challengeCostMinor: 10,
  reviewCostMinor: 300,
};
const PAYMENTS_MAX = 60;
const STOLEN_SHARE = 0.006;
const MEDIAN_AMOUNT_MINOR = 3_000;

/**
 * Cards with what they pay in the time of an experiment: from one payment to dozens, amounts whose
 * tail is heavy across cards and within them, and fraud on few cards but then on many payments.
 */
export function makeUnitPool(units: number, seed: number): UnitPool {
  const random = new Random(seed);
  const values = new Float64Array(units * VALUES_PER_UNIT);
  const rows = Array.from({ length: units }, (_, unit) => {
    const row = paymentValues(paymentsOf(random), ECONOMICS);
    for (const [nth, metric] of simulatedMetrics.entries()) {
      values[unit * VALUES_PER_UNIT + 2 * nth] = row[metric].numerator;
      values[unit * VALUES_PER_UNIT + 2 * nth + 1] = row[metric].denominator;
    }
    return row;
  });
  const totalOf = (metric: SimulatedMetric): UnitSums => sumUnits(rows.map((row) => row[metric]));
  return {
    units,
    values,
    totals: {
      approval_rate: totalOf('approval_rate'),
      decline_rate: totalOf('decline_rate'),
      fraud_value: totalOf('fraud_value'),
      net_value: totalOf('net_value'),
    },
  };
}

function paymentsOf(random: Random): DecidedPayment[] {
  const count = Math.min(PAYMENTS_MAX, 1 + Math.floor(random.exponential(1.5)));
  const typicalMinor = random.lognormal(MEDIAN_AMOUNT_MINOR, 0.8);
  const isStolen = random.chance(STOLEN_SHARE);
  // Cards differ in how they are treated, so that the payments of one are alike.
  const suspicion = random.lognormal(0.02, 1) * (isStolen ? 10 : 1);
  return Array.from({ length: count }, () => {
    const amountMinor = Math.round(random.lognormal(typicalMinor, 0.9));
    const label = isStolen && random.chance(0.8) ? 'fraud' : 'legit';
    if (random.chance(Math.min(0.5, suspicion / 2))) {
      return { decision: 'decline', amountMinor, wentThrough: false, label };
    }
    if (random.chance(Math.min(0.5, suspicion))) {
      const wentThrough = random.chance(label === 'fraud' ? 0.1 : 0.9);
      return { decision: 'challenge', amountMinor, wentThrough, label };
    }
    return { decision: 'approve', amountMinor, wentThrough: true, label };
  });
}
