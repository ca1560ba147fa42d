import type { Category } from './categories.js';
import { countryAt } from './geography.js';
import type { Random } from './random.js';

const EUROS_MAX = 25_000;

/**
 * The amount in minor units of the country's currency, at least one. Prices like to end in 00, 50,
 * 95 and 99.
 */
export function toMinor(euros: number, country: number, random: Random): number {
  const { exponent, pricesPerEuro } = countryAt(country);
  const units = 10 ** exponent;
  const major = Math.min(euros, EUROS_MAX) * pricesPerEuro;
  const minor = Math.max(1, Math.round(major * units));
  if (units < 100 || major < 1.5) return minor;
  const ending = random.unit();
  const whole = Math.max(1, Math.floor(major)) * units;
  if (ending < 0.3) return whole - units / 100;
  if (ending < 0.45) return whole;
  if (ending < 0.52) return whole + units / 2;
  return minor;
}

/** What an honest customer spends at a merchant of this category, in euros. */
export function honestEuros(category: Category, spendFactor: number, random: Random): number {
  return random.lognormal(category.medianEuros * spendFactor, category.spread);
}
