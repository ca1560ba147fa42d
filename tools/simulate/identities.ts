import type { Card } from './payment.js';
import { countries } from './geography.js';
import { hashPair, hashUnit } from './random.js';

/**
 * Identifiers of the simulated world. Honest people's and fraudsters' are made alike, so that
 * nothing but behaviour tells them apart. None has a run of thirteen digits, so none can look like
 * a card number; addresses are private ones (RFC 1918) and mail domains reserved ones (RFC 2606),
 * so none is anybody's.
 */
const NETWORKS = ['visa', 'mastercard', 'amex'] as const;
const NETWORK_PREFIX = { visa: '4', mastercard: '5', amex: '3' } as const;
const BANKS_PER_COUNTRY = 12;
const MAIL_DOMAINS = [
  'mail.example',
  'post.example',
  'webmail.example',
  'inbox.example',
  'letters.example',
] as const;
const THROWAWAY_DOMAINS = ['tempbox.example', 'drop.example', 'mail.example'] as const;

const USER_AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile Safari/604.1',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Mobile Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/138.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; SM-S921B) Chrome/137.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/138.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Firefox/139.0',
] as const;

/** Salts, so that one person's traits are independent draws. */
const SALT = { device: 11, mail: 13, ip: 17, agent: 19, token: 23, funding: 29, post: 31 } as const;

export function deviceId(owner: number, generation: number): string {
  return `dev_${hex(hashPair(owner, SALT.device + generation * 64))}`;
}

export function userAgent(owner: number, generation: number): string {
  return at(USER_AGENTS, hashUnit(owner, SALT.agent + generation * 64));
}

/** A private address; the second octet tells the country, the rest the line it comes from. */
export function ipAddress(country: number, line: number): string {
  const bits = hashPair(line, SALT.ip);
  return `10.${country * 18 + ((bits >>> 16) % 18)}.${(bits >>> 8) & 255}.${bits & 255}`;
}

export function emailAddress(owner: number, throwaway = false): string {
  const domains = throwaway ? THROWAWAY_DOMAINS : MAIL_DOMAINS;
  return `${hex(hashPair(owner, SALT.mail))}@${at(domains, hashUnit(owner, SALT.mail + 1))}`;
}

export function postalCode(owner: number): string {
  return String(10_000 + (hashPair(owner, SALT.post) % 89_999));
}

/** The traits of a card follow from its number alone; `country` is where it was issued. */
export function cardOf(cardNumber: number, country: number): Card {
  const bits = hashPair(cardNumber, SALT.token);
  const share = hashUnit(cardNumber, SALT.funding);
  const network = bits % 20 < 10 ? NETWORKS[0] : bits % 20 < 18 ? NETWORKS[1] : NETWORKS[2];
  const bank = (bits >>> 8) % BANKS_PER_COUNTRY;
  return {
    token: `tok_${hex(bits)}z${cardNumber.toString(36)}`,
    bin: `${NETWORK_PREFIX[network]}${String(country + 10)}${String(bank + 100)}`,
    last4: String(1000 + ((bits >>> 12) % 9000)),
    network,
    funding: share < 0.5 ? 'debit' : share < 0.94 ? 'credit' : 'prepaid',
    country: country % countries.length,
    wallet: hashUnit(cardNumber, SALT.funding + 1) < 0.2,
  };
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}

function at<T>(items: readonly T[], unit: number): T {
  const item = items[Math.floor(unit * items.length)];
  if (item === undefined) throw new RangeError('a unit must be below 1');
  return item;
}
