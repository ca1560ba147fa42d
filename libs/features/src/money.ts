import type { AmountNormalisation } from './catalogue-types.js';

// ISO 4217: every other currency has two decimals.
const decimalsByCurrency: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** How many decimals the minor unit of a currency has (ISO 4217). */
export function currencyDecimals(currency: string): number {
  return decimalsByCurrency[currency] ?? 2;
}

/**
 * Events carry amounts as whole thousandths of a major unit: exact for every currency of up to 3
 * decimals.
 */
export const AMOUNT_UNITS_PER_MAJOR = 1_000;
/** 48 bits, all set, stand for an amount that cannot be compared: its currency has no rate. */
export const AMOUNT_UNKNOWN = 2 ** 48 - 1;
const AMOUNT_UNITS_MAX = AMOUNT_UNKNOWN - 1;

export function toMajor(amountMinor: number, currency: string): number {
  return amountMinor / 10 ** currencyDecimals(currency);
}

/**
 * The amount an event is stored with, in thousandths of a major unit of the catalogue's currency.
 *
 * Without rates, amounts are taken at their face value. Above 2.8e11 major units the value
 * saturates.
 * @returns AMOUNT_UNKNOWN when the catalogue has rates, but none for this currency.
 */
export function toAmountUnits(
  amountMinor: number,
  currency: string | null,
  normalisation: AmountNormalisation | null,
): number {
  if (Number.isNaN(amountMinor) || currency === null) return AMOUNT_UNKNOWN;
  const units = amountMinor * (AMOUNT_UNITS_PER_MAJOR / 10 ** currencyDecimals(currency));
  if (normalisation === null || currency === normalisation.currency) {
    return Math.min(Math.round(units), AMOUNT_UNITS_MAX);
  }
  const rate = normalisation.rates[currency];
  if (rate === undefined) return AMOUNT_UNKNOWN;
  return Math.min(Math.round(units * rate), AMOUNT_UNITS_MAX);
}
