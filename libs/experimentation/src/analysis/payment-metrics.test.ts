import { expect, test } from 'vitest';
import { paymentValues, type DecidedPayment } from './payment-metrics.js';

const economics = {
  marginShare: 0.02,
  fraudLossShare: 1.2,
  challengeCostMinor: 10,
  reviewCostMinor: 300,
};
const payment = (over: Partial<DecidedPayment>): DecidedPayment => ({
  decision: 'approve',
  amountMinor: 1_000,
  wentThrough: true,
  label: null,
  ...over,
});

test('what one card contributes to every metric', () => {
  const values = paymentValues(
    [
      payment({}),
      payment({ label: 'fraud', amountMinor: 500 }),
      payment({ decision: 'challenge', wentThrough: true, label: 'legit' }),
      payment({ decision: 'review', wentThrough: false, label: 'legit', amountMinor: 2_000 }),
      payment({ decision: 'decline', wentThrough: false, label: 'fraud' }),
    ],
    economics,
  );
  const shares = Object.entries(values).map(([id, { numerator, denominator }]) => [
    id,
    numerator,
    denominator,
  ]);
  expect(shares).toEqual([
    ['approval_rate', 2, 5],
    ['challenge_rate', 1, 5],
    ['decline_rate', 1, 5],
    ['fraud_value', 10_000 * 500, 2_500],
    ['false_positive_value', 2_000, 5],
    ['net_value', 20 - 600 + (20 - 10) - 300 + 0, 5],
  ]);
});

test('a card without payments contributes nothing', () => {
  for (const { numerator, denominator } of Object.values(paymentValues([], economics))) {
    expect([numerator, denominator]).toEqual([0, 0]);
  }
});
