import { toMinor } from '../amounts.js';
import { countries } from '../geography.js';
import type { Payment } from '../payment.js';
import type { Campaign } from './campaign.js';
import { resaleShop } from './stolen-card.js';

const ABROAD_CHANCE = 0.65;
const NEW_ADDRESS_CHANCE = 0.85;

/**
 * Account takeover: the customer's own account and stored card, but a device never seen with it,
 * mostly from another country, goods sent to a new address, and amounts far above what the customer
 * spends.
 */
export function accountTakeover(campaign: Campaign, victim: number): readonly Payment[] {
  const { world, size, number } = campaign;
  const { random, customers } = world;
  const home = customers.homeCountry(victim);
  const country = random.chance(ABROAD_CHANCE) ? random.below(countries.length) : home;
  const device = world.strangersDevice(country);
  const account = customers.account(victim);
  const card = customers.card(victim, random.unit());
  const drop = world.dropAddress(random.chance(0.5) ? country : home);
  const median = 190 * customers.spend(victim);
  let timeMs = campaign.startMs;
  return Array.from({ length: size }, (): Payment => {
    timeMs += Math.round(random.exponential(14 * 60_000));
    const merchant = resaleShop(world);
    const newAddress = random.chance(NEW_ADDRESS_CHANCE);
    return {
      timeMs,
      channel: 'ecommerce',
      amountMinor: toMinor(random.lognormal(median, 0.55), merchant.country, random),
      merchant,
      terminal: 0,
      card,
      account,
      device,
      billing: customers.home(victim),
      shipping: merchant.category.ships ? (newAddress ? drop : customers.home(victim)) : null,
      threeDs: random.chance(0.35) ? random.pick(['failed', 'attempted', 'authenticated']) : null,
      cvv: random.chance(0.7) ? 'match' : 'unavailable',
      avs: random.pick(['match', 'match', 'partial', 'unavailable']),
      truth: { scenario: 'account_takeover', lookAlike: null, campaign: number },
    };
  });
}
