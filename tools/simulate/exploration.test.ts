import { describe, expect, test } from 'vitest';
import { exploreDecline } from '#experimentation/assignment/explore-decline.js';
import {
  estimateBlocked,
  type BlockedSegmentEstimate,
  type Estimate,
} from '#experimentation/counterfactual/blocked-segment.js';
import { LabelDesk } from './labels.js';
import type { Payment } from './payment.js';
import { simulatePayments } from './simulate-payments.js';

const startMs = Date.parse('2026-01-01T00:00:00Z');
const SHARE = 0.05;
const SALTS = 300;
const amountMinorMax = { EUR: 200_000 };

interface Declined {
  readonly transactionId: string;
  readonly amountMinor: number;
  /** What only the simulator knows. */
  readonly fraud: boolean;
  /** What labels say in the end. */
  readonly labelled: boolean;
}

/** A rule as analysts write them: an unknown device far from home, or much money. */
function isDeclined({ channel, amountMinor, device, card, cvv }: Payment): boolean {
  if (channel !== 'ecommerce' || device === null) return false;
  return device.ipCountry !== card.country || amountMinor > 60_000 || cvv === 'no_match';
}

function declinesOf(seed: number): Declined[] {
  const labels = new LabelDesk(seed);
  const declines: Declined[] = [];
  let row = 0;
  const options = { seed, startMs, days: 60, customers: 2_000, merchants: 300 };
  for (const payment of simulatePayments(options)) {
    row += 1;
    if (!isDeclined(payment)) continue;
    const transactionId = `s${seed}t${row}`;
    const said = labels.record(payment, transactionId).map(({ label }) => label);
    declines.push({
      transactionId,
      amountMinor: payment.amountMinor,
      fraud: payment.truth.scenario !== null,
      labelled: said.some((label) => label !== 'legit'),
    });
  }
  return declines;
}

/** What is known of the declines when a salt let some of them through. */
function estimateOf(
  declines: readonly Declined[],
  salt: string,
  fraudOf: (decline: Declined) => boolean,
): BlockedSegmentEstimate | null {
  const policy = { salt, share: SHARE, amountMinorMax };
  const judged = declines.map((decline) => ({
    decline,
    ...exploreDecline({ ...decline, currency: 'EUR' }, policy),
  }));
  const explored = judged
    .filter(({ letThrough }) => letThrough)
    .map(({ decline: { amountMinor, ...rest }, propensity }) => ({
      propensity,
      amountMinor,
      fraud: fraudOf({ amountMinor, ...rest }),
    }));
  const reachable = judged.filter(({ propensity }) => propensity > 0).length;
  return estimateBlocked(explored, reachable, 0.05);
}

const holds = ({ low, high }: Estimate, truth: number): boolean => low <= truth && truth <= high;

describe.each([1, 2, 3])('a blocked segment of the simulated world %i', (seed) => {
  const declines = declinesOf(seed);
  const reachable = declines.filter(({ amountMinor }) => amountMinor <= amountMinorMax.EUR);
  const truth = reachable.filter(({ fraud }) => fraud).length / reachable.length;

  test('is neither all fraud nor all honest, and small enough to need an estimate', () => {
    expect(truth).toBeGreaterThan(0.02);
    expect(truth).toBeLessThan(0.9);
    expect(reachable.length * SHARE).toBeLessThan(1_000);
  });

  test('is within the intervals in about 95 of 100 explorations', () => {
    const value = (of: (decline: Declined) => boolean) =>
      reachable.filter(of).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const valueShare = value(({ fraud }) => fraud) / value(() => true);
    const held = { hajek: 0, horvitzThompson: 0, value: 0 };
    let error = 0;
    for (let nth = 0; nth < SALTS; nth += 1) {
      const { hajek, horvitzThompson } = estimateOf(declines, `salt ${nth}`, (one) => one.fraud)!;
      if (holds(hajek.fraudRate, truth)) held.hajek += 1;
      if (holds(horvitzThompson.fraudRate, truth)) held.horvitzThompson += 1;
      if (holds(hajek.fraudValueShare, valueShare)) held.value += 1;
      error += (hajek.fraudRate.estimate - truth) / SALTS;
    }
    // Three standard deviations of 95 % in 300, and one percent for the normal approximation.
    const least = 0.95 - 0.038 - 0.01;
    expect(Object.values(held).filter((count) => count / SALTS < least)).toEqual([]);
    expect(Math.abs(error)).toBeLessThan(0.01);
  });

  test('by labels, is as much lower as frauds never reported', () => {
    const labelled = reachable.filter((one) => one.labelled).length / reachable.length;
    const found = Array.from({ length: SALTS }, (_, nth) =>
      estimateOf(declines, `salt ${nth}`, (one) => one.labelled),
    );
    const mean = found.reduce((sum, one) => sum + one!.hajek.fraudRate.estimate / SALTS, 0);
    expect(labelled).toBeLessThan(truth);
    expect(Math.abs(mean - labelled)).toBeLessThan(0.01);
  });
});
