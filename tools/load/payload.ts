// Runs in Node and in k6, which resolves no packages: nothing is imported here.

const CUSTOMERS = 20_000;
const MERCHANTS = 2_000;
/** Payments at merchants of the customer's own country. */
const AT_HOME_SHARE = 0.97;
/** Powers of a uniform number: the higher, the busier the busiest. */
const CUSTOMER_SKEW = 1.3;
const MERCHANT_SKEW = 2;
const CARDS_PER_CUSTOMER_MAX = 3;
const COUNTRIES = ['DE', 'FR', 'NL', 'ES', 'IT', 'GB', 'US', 'PL'] as const;
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'GBP', 'USD', 'PLN'] as const;
const MCCS = ['5411', '5812', '5732', '5941', '5999', '4121', '4829', '5651', '7995'] as const;
const AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Mobile',
  'Mozilla/5.0 (Linux; Android 16) Mobile',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6)',
] as const;

/** A generator of uniform numbers in [0, 1), mulberry32: the same seed gives the same payments. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ready pieces of JSON: per customer one for each card, and one per merchant. */
export interface PayloadWorld {
  readonly customers: readonly (readonly string[])[];
  readonly merchants: readonly string[];
}

export interface PayloadOptions {
  readonly world: PayloadWorld;
  /** The order of payments. */
  readonly seed: number;
  /** Makes the transaction ids of this run unlike those of any other. */
  readonly runId: string;
  /** Share of payments on one and the same card, [0, 1]. */
  readonly hotCardShare: number;
}

/** Customers with their cards and devices, and merchants: enough that hardly any pays too often. */
export function payloadWorld(seed: number): PayloadWorld {
  const random = uniform(seed);
  return {
    customers: Array.from({ length: CUSTOMERS }, (_, i) => customerParts(i, random)),
    merchants: Array.from({ length: MERCHANTS }, (_, i) => merchantPart(i, random)),
  };
}

/**
 * Makes bodies of `POST /v1/decisions`. Some customers and some merchants are much busier than
 * others; every transaction id is new. ASCII only, so that the length in characters is the length
 * in bytes.
 */
export function payloadMaker(options: PayloadOptions): () => string {
  const { customers, merchants } = options.world;
  const random = uniform(options.seed);
  let count = 0;
  return () => {
    count += 1;
    const hot = random() < options.hotCardShare;
    const customer = hot ? 0 : skewed(random, CUSTOMERS, CUSTOMER_SKEW);
    const parts = customers[customer] ?? [];
    const part = parts[hot ? 0 : Math.floor(random() * parts.length)] ?? '';
    const merchant = merchants[merchantFor(customer, random)] ?? '';
    const currency = CURRENCIES[customer % CURRENCIES.length] ?? 'EUR';
    return (
      `{"transaction_id":"${options.runId}-${count}","amount":{"value":${amountMinor(random)},` +
      `"currency":"${currency}"},${part},${merchant},"authentication":{"cvv":"match"}}`
    );
  };
}

/** An index in [0, size) where low ones are far more frequent, as busy shops and busy cards are. */
function skewed(random: () => number, size: number, power: number): number {
  return Math.floor(random() ** power * size);
}

/** Countries go round by index, for customers as for merchants. */
function merchantFor(customer: number, random: () => number): number {
  const any = skewed(random, MERCHANTS, MERCHANT_SKEW);
  if (random() >= AT_HOME_SHARE) return any;
  const abroad = (any % COUNTRIES.length) - (customer % COUNTRIES.length);
  return (any - abroad + MERCHANTS) % MERCHANTS;
}

/** Log-normal around 35.00, cut at 20,000.00. */
function amountMinor(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(50, Math.min(2_000_000, Math.round(3_500 * Math.exp(normal))));
}

function token(random: () => number, prefix: string): string {
  // Letters between the digits: nothing here may look like a card number.
  const part = (): string => Math.floor(random() * 1_048_576).toString(36);
  return `${prefix}_${part()}x${part()}z${part()}`;
}

function customerParts(index: number, random: () => number): string[] {
  const country = COUNTRIES[index % COUNTRIES.length] ?? 'DE';
  const created = new Date(1_600_000_000_000 + Math.floor(random() * 150_000_000_000));
  const customer =
    `"customer":{"id":"cus-${index}","created_at":"${created.toISOString()}",` +
    `"email":"c${index}@example.com","country":"${country}"}`;
  const octet = (): number => Math.floor(random() * 256);
  const agent = AGENTS[Math.floor(random() * AGENTS.length)] ?? AGENTS[0];
  const device =
    `"device":{"id":"${token(random, 'dev')}","ip":"100.64.${octet()}.${octet()}",` +
    `"ip_country":"${country}","user_agent":"${agent}"}`;
  const cards = 1 + Math.floor(random() * CARDS_PER_CUSTOMER_MAX);
  return Array.from({ length: cards }, () => {
    const bin = 400_000 + Math.floor(random() * 120_000);
    return (
      `"payment_method":{"type":"card","token":"${token(random, 'tok')}","bin":"${bin}",` +
      `"funding":"${random() < 0.7 ? 'debit' : 'credit'}","issuer_country":"${country}"},` +
      `${customer},${device}`
    );
  });
}

function merchantPart(index: number, random: () => number): string {
  const mcc = MCCS[Math.floor(random() * MCCS.length)] ?? '5411';
  const country = COUNTRIES[index % COUNTRIES.length] ?? 'DE';
  const latitude = (42 + random() * 12).toFixed(4);
  const longitude = (-3 + random() * 20).toFixed(4);
  return (
    `"merchant":{"id":"mer-${index}","terminal_id":"ter-${index}","mcc":"${mcc}",` +
    `"country":"${country}","latitude":${latitude},"longitude":${longitude}}`
  );
}
