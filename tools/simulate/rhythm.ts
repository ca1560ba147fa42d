import type { Channel } from './categories.js';
import { countryAt } from './geography.js';
import { hashPair, hashUnit } from './random.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FLASH_SALE_CHANCE = 0.02;
const FLASH_SALE_SLOT_MS = 3 * HOUR_MS;
const SALT_SALE = 71;

/** How busy each local hour is, the mean being 1. Shops sleep; the web peaks in the evening. */
const HOURS = normalised([
  0.22, 0.13, 0.09, 0.08, 0.1, 0.2, 0.45, 0.8, 1.05, 1.15, 1.25, 1.45, 1.6, 1.45, 1.3, 1.3, 1.45,
  1.7, 1.8, 1.65, 1.45, 1.2, 0.8, 0.45,
]);
/** Sunday first, as Date.getUTCDay() counts. */
const WEEKDAYS = normalised([0.8, 0.92, 0.93, 0.96, 1.02, 1.22, 1.15]);

/**
 * The share of payments made online, relative to a customer's average: high at night, low at noon.
 */
const ONLINE_HOURS = [
  1.9, 2, 2, 2, 1.8, 1.4, 1, 0.8, 0.8, 0.85, 0.9, 0.85, 0.75, 0.8, 0.9, 0.9, 0.85, 0.8, 0.85, 1.05,
  1.3, 1.5, 1.7, 1.8,
] as const;

/**
 * Payments in a country at a time, relative to its average: hour, weekday, payday, the weeks before
 * the holidays.
 */
export function intensity(country: number, timeMs: number): number {
  const local = localTime(country, timeMs);
  const hour = HOURS[local.getUTCHours()] ?? 1;
  const weekday = WEEKDAYS[local.getUTCDay()] ?? 1;
  return hour * weekday * seasonal(local);
}

/** By how much a customer's share of online payments differs from their average at this hour. */
export function onlineFactor(country: number, timeMs: number): number {
  return ONLINE_HOURS[localHour(country, timeMs)] ?? 1;
}

/**
 * The place of the flash sale's merchant in its country's popularity, or null when no sale is on.
 */
export function flashSaleAt(country: number, timeMs: number): number | null {
  const slot = Math.floor(timeMs / FLASH_SALE_SLOT_MS);
  const key = hashPair(country, SALT_SALE);
  if (hashUnit(key, slot) >= FLASH_SALE_CHANCE) return null;
  return hashUnit(key ^ 1, slot);
}

/** Which channel a payment takes, given the customer's own share of online payments. */
export function channelAt(onlineShare: number, factor: number, unit: number): Channel {
  return unit < Math.min(0.97, onlineShare * factor) ? 'ecommerce' : 'card_present';
}

function seasonal(local: Date): number {
  const day = local.getUTCDate();
  const month = local.getUTCMonth();
  const payday = day <= 2 || day >= 28 ? 1.1 : 1;
  const holidays = month === 11 && day <= 24 ? 1.3 : 1;
  // The last Friday of November and the Monday after it.
  const friday = local.getUTCDay() === 5 && month === 10 && day >= 23 && day <= 29;
  const monday =
    local.getUTCDay() === 1 && ((month === 10 && day >= 26) || (month === 11 && day <= 2));
  return payday * holidays * (friday || monday ? 1.9 : 1);
}

function localTime(country: number, timeMs: number): Date {
  return new Date(timeMs + countryAt(country).utcOffsetHours * HOUR_MS);
}

function localHour(country: number, timeMs: number): number {
  const localMs = timeMs + countryAt(country).utcOffsetHours * HOUR_MS;
  return Math.floor((((localMs % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);
}

function normalised(weights: readonly number[]): readonly number[] {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}
