import { toMinor } from '../amounts.js';
import { countries } from '../geography.js';
import type { Card, Payment } from '../payment.js';
import type { Campaign } from './campaign.js';

const RETRY_CHANCE = 0.2;
const NEW_ACCOUNT_CHANCE = 0.35;
const CARD_OF_A_CUSTOMER_CHANCE = 0.3;
const RIGHT_CODE_CHANCE = 0.55;

/**
 * Card testing: a script tries many stolen cards at one or two shops with tiny amounts, from a few
 * devices and addresses, within minutes to hours. Cards that pass are worth something: they come
 * back as stolen cards.
 */
export function cardTesting({ world, startMs, size, number }: Campaign): CardTestingPlan {
  const { random } = world;
  const country = random.below(countries.length);
  const devices = repeat(random.integer(1, 3), () => world.strangersDevice(country));
  const lines = repeat(random.integer(2, 5), () => world.strangersDevice(country));
  const shops = repeat(random.integer(1, 2), () => world.directory.onlineAnywhere(random.unit()));
  const gapMs = random.between(4_000, 45_000);
  const payments: Payment[] = [];
  const goodCustomers: number[] = [];
  let timeMs = startMs;
  let account = world.throwawayAccount(country, startMs);
  let victim: { card: Card; customer: number | null } | null = null;
  for (let index = 0; index < size; index += 1) {
    timeMs += Math.round(random.exponential(gapMs));
    if (random.chance(NEW_ACCOUNT_CHANCE)) account = world.throwawayAccount(country, timeMs);
    if (victim === null || !random.chance(RETRY_CHANCE)) victim = drawVictim(world, timeMs);
    const passes = random.chance(RIGHT_CODE_CHANCE);
    if (passes && victim.customer !== null) goodCustomers.push(victim.customer);
    const line = random.pick(lines);
    const merchant = random.pick(shops);
    payments.push({
      timeMs,
      channel: 'ecommerce',
      amountMinor: toMinor(random.between(0.4, 5), merchant.country, random),
      merchant,
      terminal: 0,
      card: victim.card,
      account,
      device: { ...random.pick(devices), ip: line.ip, ipCountry: line.ipCountry },
      billing: random.chance(0.5) ? world.dropAddress(country) : null,
      shipping: null,
      threeDs: random.chance(0.2) ? random.pick(['failed', 'not_enrolled', 'attempted']) : null,
      cvv: passes ? 'match' : random.pick(['no_match', 'no_match', 'unavailable']),
      avs: random.chance(0.25) ? 'partial' : random.pick(['no_match', 'unavailable']),
      truth: { scenario: 'card_testing', lookAlike: null, campaign: number },
    });
  }
  return { payments, goodCustomers };
}

export interface CardTestingPlan {
  readonly payments: readonly Payment[];
  /** Customers whose card passed the test. */
  readonly goodCustomers: readonly number[];
}

function drawVictim(
  world: Campaign['world'],
  timeMs: number,
): { card: Card; customer: number | null } {
  if (!world.random.chance(CARD_OF_A_CUSTOMER_CHANCE)) {
    return { card: world.strangersCard(), customer: null };
  }
  const customer = world.anyCustomer(timeMs);
  return { card: world.customers.card(customer, 1), customer };
}

function repeat<T>(times: number, make: () => T): readonly T[] {
  return Array.from({ length: times }, make);
}
