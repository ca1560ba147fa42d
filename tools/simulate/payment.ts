import type { Channel } from './categories.js';
import type { Merchant } from './merchants.js';

export const scenarios = [
  'card_testing',
  'stolen_card',
  'account_takeover',
  'compromised_terminal',
  'friendly_fraud',
] as const;
export type Scenario = (typeof scenarios)[number];

/** What an honest payment does that looks like fraud. */
export type LookAlike = 'travel' | 'flash_sale' | 'new_device' | 'gift' | 'wrong_code';

export interface Card {
  readonly token: string;
  readonly bin: string;
  readonly last4: string;
  readonly network: string;
  readonly funding: string;
  /** Index into `countries`. */
  readonly country: number;
  readonly wallet: boolean;
}

export interface Account {
  readonly id: string;
  readonly createdMs: number;
  readonly email: string;
  readonly country: number;
}

export interface Device {
  readonly id: string;
  readonly ip: string;
  readonly ipCountry: number;
  readonly userAgent: string;
}

export interface Place {
  readonly country: number;
  readonly postalCode: string;
  readonly latitude: number;
  readonly longitude: number;
}

export type ThreeDs = 'authenticated' | 'attempted' | 'failed' | 'not_enrolled';
export type CheckResult = 'match' | 'partial' | 'no_match' | 'unavailable';

/** What only the simulator knows about a payment. */
export interface Truth {
  readonly scenario: Scenario | null;
  readonly lookAlike: LookAlike | null;
  /** Numbers the fraud campaigns from 1; 0 for honest payments. */
  readonly campaign: number;
}

/** One simulated payment; amounts in minor units of the merchant's currency. */
export interface Payment {
  readonly timeMs: number;
  readonly channel: Channel;
  readonly amountMinor: number;
  readonly merchant: Merchant;
  readonly terminal: number;
  readonly card: Card;
  /** Null where the merchant does not know who pays, as in a shop. */
  readonly account: Account | null;
  readonly device: Device | null;
  readonly billing: Place | null;
  readonly shipping: Place | null;
  readonly threeDs: ThreeDs | null;
  readonly cvv: CheckResult | null;
  readonly avs: CheckResult | null;
  readonly truth: Truth;
}

export const HONEST: Truth = { scenario: null, lookAlike: null, campaign: 0 };
