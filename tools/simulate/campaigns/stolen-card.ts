import { toMinor } from '../amounts.js';
import { countries } from '../geography.js';
import type { Merchant } from '../merchants.js';
import type { Payment, Truth } from '../payment.js';
import type { World } from '../world.js';
import type { Campaign } from './campaign.js';

const ONLINE_CHANCE = 0.68;
const SAME_COUNTRY_CHANCE = 0.35;
const RESALE_CATEGORIES = ['electronics', 'gift_cards', 'marketplace', 'digital_goods'];
const SHOP_TRIES = 12;
const GROWTH_PER_PAYMENT = 1.22;

/**
 * A stolen card: spent fast before it is blocked, each purchase bolder than the one before. Online
 * from the thief's device with goods sent to a drop address; or, where the card itself was stolen,
 * in shops of the owner's own city.
 */
export function stolenCard(campaign: Campaign, victim: number): readonly Payment[] {
  const { world, size, number } = campaign;
  const truth: Truth = { scenario: 'stolen_card', lookAlike: null, campaign: number };
  const online = world.random.chance(ONLINE_CHANCE);
  let timeMs = campaign.startMs;
  let euros = world.random.lognormal(online ? 70 : 28, 0.5);
  const next = online ? onlineSpree(world, victim, timeMs) : storeSpree(world, victim);
  return Array.from({ length: size }, () => {
    timeMs += Math.round(world.random.exponential(online ? 9 * 60_000 : 25 * 60_000));
    euros *= GROWTH_PER_PAYMENT * world.random.lognormal(1, 0.25);
    return next({ timeMs, euros, truth });
  });
}

interface Purchase {
  readonly timeMs: number;
  readonly euros: number;
  readonly truth: Truth;
}

function onlineSpree(world: World, victim: number, startMs: number): (p: Purchase) => Payment {
  const { random, customers } = world;
  const sameCountry = random.chance(SAME_COUNTRY_CHANCE);
  const country = sameCountry ? customers.homeCountry(victim) : random.below(countries.length);
  const device = world.strangersDevice(country);
  const account = world.throwawayAccount(country, startMs);
  const drop = world.dropAddress(random.chance(0.6) ? country : customers.homeCountry(victim));
  const card = customers.card(victim, 1);
  const knowsAddress = random.chance(0.6);
  const knowsCode = random.chance(0.75);
  return ({ timeMs, euros, truth }) => {
    const merchant = resaleShop(world);
    return {
      timeMs,
      channel: 'ecommerce',
      amountMinor: toMinor(euros, merchant.country, random),
      merchant,
      terminal: 0,
      card,
      account,
      device,
      billing: knowsAddress ? customers.home(victim) : drop,
      shipping: merchant.category.ships ? drop : null,
      threeDs: random.chance(0.3) ? random.pick(['failed', 'attempted', 'not_enrolled']) : null,
      cvv: knowsCode ? 'match' : random.pick(['no_match', 'unavailable']),
      avs: knowsAddress ? random.pick(['match', 'partial']) : 'no_match',
      truth,
    };
  };
}

function storeSpree(world: World, victim: number): (p: Purchase) => Payment {
  const { random, customers } = world;
  const card = customers.card(victim, 1);
  return ({ timeMs, euros, truth }) => {
    const merchant = world.directory.inCityAt(customers.homeCity(victim), random.unit());
    return {
      timeMs,
      channel: 'card_present',
      amountMinor: toMinor(euros, merchant.country, random),
      merchant,
      terminal: random.below(merchant.terminals),
      card,
      account: null,
      device: null,
      billing: null,
      shipping: null,
      threeDs: null,
      cvv: null,
      avs: null,
      truth,
    };
  };
}

/** A shop whose goods can be sold on, when a few tries find one. */
export function resaleShop(world: World): Merchant {
  let shop = world.directory.onlineAnywhere(world.random.unit());
  for (let tries = 0; tries < SHOP_TRIES; tries += 1) {
    if (RESALE_CATEGORIES.includes(shop.category.name)) return shop;
    shop = world.directory.onlineAnywhere(world.random.unit());
  }
  return shop;
}
