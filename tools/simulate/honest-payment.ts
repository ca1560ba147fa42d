import { honestEuros, toMinor } from './amounts.js';
import type { Merchant } from './merchants.js';
import {
  HONEST,
  type CheckResult,
  type LookAlike,
  type Payment,
  type Place,
  type ThreeDs,
} from './payment.js';
import { hashUnit, type Random } from './random.js';
import { channelAt } from './rhythm.js';
import type { World } from './world.js';

const FAVOURITES = 5;
const FAVOURITE_SHARE = 0.65;
const SALE_SHARE = 0.3;
const ABROAD_SHARE = 0.12;
const GIFT_SHARE = 0.03;
/** Who pays in a shop is known where there is a customer card. */
const KNOWN_IN_STORE_SHARE = 0.3;
const WRONG_CODE_SHARE = 0.006;

/** Where and when a payment happens; the rhythm is that of the country for the current hour. */
export interface Moment {
  readonly timeMs: number;
  readonly country: number;
  readonly onlineFactor: number;
  /** The flash sale's place in its country's popularity; null when no sale is on. */
  readonly flashSale: number | null;
}

/** One honest payment, or null when the customer drawn has not opened an account yet. */
export function honestPayment(world: World, moment: Moment): Payment | null {
  const { customers, random } = world;
  const customer = customers.inCountry(moment.country, random.unit());
  if (customers.createdMs(customer) > moment.timeMs) return null;
  const channel = channelAt(customers.online(customer), moment.onlineFactor, random.unit());
  return channel === 'card_present'
    ? inStorePayment(world, moment.timeMs, customer)
    : onlinePayment(world, moment, customer);
}

function inStorePayment(world: World, timeMs: number, customer: number): Payment {
  const { customers, random } = world;
  const city = customers.cityAt(customer, timeMs);
  const merchant = world.directory.inCityAt(city, favouriteOr(random, customer, city));
  const travels = city !== customers.homeCity(customer);
  const known = random.chance(KNOWN_IN_STORE_SHARE);
  return {
    timeMs,
    channel: 'card_present',
    amountMinor: spent(world, merchant, customer),
    merchant,
    terminal: random.below(merchant.terminals),
    card: customers.card(customer, random.unit()),
    account: known ? customers.account(customer) : null,
    device: null,
    billing: null,
    shipping: null,
    threeDs: null,
    cvv: null,
    avs: null,
    truth: travels ? { ...HONEST, lookAlike: 'travel' } : HONEST,
  };
}

function onlinePayment(world: World, moment: Moment, customer: number): Payment {
  const { customers, random } = world;
  const { timeMs } = moment;
  const city = customers.cityAt(customer, timeMs);
  const onSale = moment.flashSale !== null && random.chance(SALE_SHARE);
  const merchant = onSale
    ? world.directory.onlineIn(moment.country, moment.flashSale ?? 0)
    : usualOnlineMerchant(world, moment.country, customer);
  const home = customers.home(customer);
  const gift = merchant.category.ships && random.chance(GIFT_SHARE);
  const cvv = honestCode(random);
  const lookAlike: LookAlike | null = gift
    ? 'gift'
    : onSale
      ? 'flash_sale'
      : cvv === 'no_match'
        ? 'wrong_code'
        : customers.hasNewDevice(customer, timeMs)
          ? 'new_device'
          : city !== customers.homeCity(customer)
            ? 'travel'
            : null;
  return {
    timeMs,
    channel: 'ecommerce',
    amountMinor: spent(world, merchant, customer),
    merchant,
    terminal: 0,
    card: customers.card(customer, random.unit()),
    account: customers.account(customer),
    device: customers.device(customer, { timeMs, city, unit: random.unit() }),
    billing: home,
    shipping: merchant.category.ships ? (gift ? giftAddress(world, customer) : home) : null,
    threeDs: honestThreeDs(random),
    cvv,
    avs: random.chance(0.86) ? 'match' : random.pick(['partial', 'unavailable', 'no_match']),
    truth: lookAlike === null ? HONEST : { ...HONEST, lookAlike },
  };
}

/**
 * Most payments go to a few merchants the customer likes; which ones is fixed for customer and
 * place.
 */
function favouriteOr(random: Random, customer: number, place: number): number {
  if (!random.chance(FAVOURITE_SHARE)) return random.unit();
  return hashUnit(customer, 1000 + place * FAVOURITES + random.below(FAVOURITES));
}

function usualOnlineMerchant(world: World, country: number, customer: number): Merchant {
  const unit = favouriteOr(world.random, customer, 900);
  return hashUnit(customer, Math.floor(unit * 1e6)) < ABROAD_SHARE
    ? world.directory.onlineAnywhere(unit)
    : world.directory.onlineIn(country, unit);
}

function spent(world: World, merchant: Merchant, customer: number): number {
  const spend = world.customers.spend(customer);
  const euros = honestEuros(merchant.category, spend, world.random);
  return toMinor(euros, merchant.country, world.random);
}

function giftAddress(world: World, giver: number): Place {
  const { customers, random } = world;
  const country = random.chance(0.8) ? customers.homeCountry(giver) : world.anyCountry();
  return customers.home(customers.inCountry(country, random.unit()));
}

function honestCode(random: Random): CheckResult {
  const unit = random.unit();
  if (unit < WRONG_CODE_SHARE) return 'no_match';
  return unit < 0.03 ? 'unavailable' : 'match';
}

function honestThreeDs(random: Random): ThreeDs | null {
  const unit = random.unit();
  if (unit < 0.5) return null;
  if (unit < 0.94) return 'authenticated';
  if (unit < 0.97) return 'attempted';
  return unit < 0.98 ? 'failed' : 'not_enrolled';
}
