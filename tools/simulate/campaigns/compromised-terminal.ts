import { honestEuros, toMinor } from '../amounts.js';
import { cities } from '../geography.js';
import type { Card, Payment } from '../payment.js';
import type { World } from '../world.js';
import { resaleShop } from './stolen-card.js';

const DAY_MS = 86_400_000;
const USES_PER_CARD_MAX = 4;
const ELSEWHERE_CHANCE = 0.75;
const ONLINE_CHANCE = 0.3;

/** A terminal that copies the cards put into it, until the skimmer is found or has enough. */
export interface Skimmer {
  readonly merchantId: string;
  readonly terminal: number;
  readonly endsMs: number;
  readonly cardsMax: number;
  /** How many payments with copied cards were planned for. */
  readonly size: number;
  readonly campaign: number;
  readonly cards: Card[];
}

export function placeSkimmer(world: World, payment: Payment, plan: SkimmerPlan): Skimmer {
  return {
    merchantId: payment.merchant.id,
    terminal: payment.terminal,
    endsMs: payment.timeMs + world.random.between(2, 9) * DAY_MS,
    ...plan,
    cards: [],
  };
}

export type SkimmerPlan = Pick<Skimmer, 'cardsMax' | 'size' | 'campaign'>;

/**
 * What becomes of the copied cards: days later each is used a few times, mostly in another city, in
 * shops and at cash machines by a copy of the card, and online by its number.
 */
export function useCopies(world: World, skimmer: Skimmer, fromMs: number): readonly Payment[] {
  return skimmer.cards.flatMap((card) => {
    const city = world.random.chance(ELSEWHERE_CHANCE) ? world.random.below(cities.length) : null;
    let timeMs = fromMs + Math.round(world.random.between(0.5, 14) * DAY_MS);
    return Array.from({ length: world.random.integer(1, USES_PER_CARD_MAX) }, () => {
      timeMs += Math.round(world.random.exponential(40 * 60_000));
      return city === null || world.random.chance(ONLINE_CHANCE)
        ? useOnline(world, { card, timeMs, campaign: skimmer.campaign })
        : useInStore(world, { card, timeMs, campaign: skimmer.campaign, city });
    });
  });
}

interface Use {
  readonly card: Card;
  readonly timeMs: number;
  readonly campaign: number;
}

function useInStore(world: World, use: Use & { readonly city: number }): Payment {
  const merchant = world.directory.inCityAt(use.city, world.random.unit());
  const euros = honestEuros(merchant.category, 2.2, world.random);
  return {
    timeMs: use.timeMs,
    channel: 'card_present',
    amountMinor: toMinor(euros, merchant.country, world.random),
    merchant,
    terminal: world.random.below(merchant.terminals),
    card: use.card,
    account: null,
    device: null,
    billing: null,
    shipping: null,
    threeDs: null,
    cvv: null,
    avs: null,
    truth: { scenario: 'compromised_terminal', lookAlike: null, campaign: use.campaign },
  };
}

function useOnline(world: World, use: Use): Payment {
  const { random } = world;
  const merchant = resaleShop(world);
  const country = merchant.country;
  const drop = world.dropAddress(country);
  return {
    timeMs: use.timeMs,
    channel: 'ecommerce',
    amountMinor: toMinor(random.lognormal(120, 0.7), country, random),
    merchant,
    terminal: 0,
    card: use.card,
    account: world.throwawayAccount(country, use.timeMs),
    device: world.strangersDevice(country),
    billing: drop,
    shipping: merchant.category.ships ? drop : null,
    threeDs: null,
    // A skimmer reads the stripe, which does not carry the printed code.
    cvv: random.pick(['no_match', 'unavailable']),
    avs: 'no_match',
    truth: { scenario: 'compromised_terminal', lookAlike: null, campaign: use.campaign },
  };
}
