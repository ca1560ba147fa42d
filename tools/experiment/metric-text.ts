import type { PaymentMetricId } from '#contracts/experiment.js';
import { percent } from '../cli/format-number.js';

const names: Readonly<Record<PaymentMetricId, string>> = {
  approval_rate: 'approval rate',
  challenge_rate: 'challenge rate',
  decline_rate: 'decline rate',
  fraud_value: 'fraud value, bp',
  false_positive_value: 'false-positive value *',
  net_value: 'net value *',
};

export function metricName(metric: PaymentMetricId): string {
  return names[metric];
}

/** A value of a metric in its own unit; "-" when there is none. */
export function metricValue(metric: PaymentMetricId, value: number | null): string {
  if (value === null) return '-';
  return metric.endsWith('_rate') ? percent(value) : value.toFixed(2);
}

/** A lift with its sign: "+2.1 %". */
export function lift(share: number): string {
  return `${share > 0 ? '+' : ''}${percent(share, 1)}`;
}

export function pValue(value: number): string {
  return value < 0.0001 ? '<0.0001' : value.toFixed(4);
}

const DAY_MS = 86_400_000;

/** `2026-11-23 12:00` */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** Days between two times, with one decimal. */
export function daysBetween(from: string, to: string): string {
  return ((Date.parse(to) - Date.parse(from)) / DAY_MS).toFixed(1);
}
