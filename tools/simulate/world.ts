import { cityAt, countries } from './geography.js';
import { Customers } from './customers.js';
import { cardOf, deviceId, emailAddress, ipAddress, postalCode, userAgent } from './identities.js';
import { foundMerchants, MerchantDirectory } from './merchants.js';
import type { Account, Card, Device, Place } from './payment.js';
import { Random } from './random.js';
import { WeightedChoice } from './weighted-choice.js';

export const CUSTOMERS_MAX = 20_000_000;
export const MERCHANTS_MAX = 500_000;

/**
 * Numbers from here on belong to people who are not among the customers: fraudsters and their other
 * victims.
 */
const STRANGERS_FROM = 100_000_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly startMs: number;
  readonly days: number;
  readonly customers: number;
  readonly merchants: number;
}

/** The people, the shops and the dice; everything a payment is made from. */
export class World {
  readonly random: Random;
  readonly customers: Customers;
  readonly directory: MerchantDirectory;
  private readonly countryChoice: WeightedChoice;
  private strangers = STRANGERS_FROM;

  constructor(readonly options: SimulationOptions) {
    this.random = new Random(options.seed);
    this.directory = new MerchantDirectory(foundMerchants(options.merchants, this.random));
    const span = { startMs: options.startMs, days: options.days };
    this.customers = new Customers(options.customers, span, this.random);
    this.countryChoice = new WeightedChoice(this.customers.paymentsPerDay);
  }

  anyCountry(): number {
    return this.countryChoice.at(this.random.unit());
  }

  /** A customer who already has an account at this time; the busier, the likelier. */
  anyCustomer(timeMs: number): number {
    // Nine in ten customers are there from the start, so this ends.
    for (;;) {
      const customer = this.customers.inCountry(this.anyCountry(), this.random.unit());
      if (this.customers.createdMs(customer) <= timeMs) return customer;
    }
  }

  /** A number nobody had before. */
  stranger(): number {
    this.strangers += 1;
    return this.strangers;
  }

  /** A card of somebody outside the simulated population: it has no history here. */
  strangersCard(): Card {
    return cardOf(this.stranger(), this.random.below(countries.length));
  }

  /** A device and a line of a fraudster who appears to be in the country. */
  strangersDevice(country: number): Device {
    const owner = this.stranger();
    return {
      id: deviceId(owner, 0),
      ip: ipAddress(country, owner),
      ipCountry: country,
      userAgent: userAgent(owner, 0),
    };
  }

  throwawayAccount(country: number, timeMs: number): Account {
    const owner = this.stranger();
    const ageMs = Math.floor(this.random.exponential(3_600_000));
    return {
      id: `cus_${owner.toString(36)}`,
      createdMs: timeMs - ageMs,
      email: emailAddress(owner, true),
      country,
    };
  }

  /** An address goods are sent to that no customer lives at. */
  dropAddress(country: number): Place {
    const first = countries.slice(0, country).reduce((sum, c) => sum + c.cities.length, 0);
    const rank = this.random.below(countries[country]?.cities.length ?? 1);
    const city = cityAt(first + rank);
    return {
      country: city.country,
      postalCode: postalCode(this.stranger()),
      latitude: Math.round((city.latitude + this.random.normal() * 0.1) * 1000) / 1000,
      longitude: Math.round((city.longitude + this.random.normal() * 0.1) * 1000) / 1000,
    };
  }
}
