import { cardOf, deviceId, emailAddress, ipAddress, postalCode, userAgent } from './identities.js';
import { cities, cityAt, countries } from './geography.js';
import type { Account, Card, Device, Place } from './payment.js';
import { hashPair, hashUnit, type Random } from './random.js';
import { WeightedChoice } from './weighted-choice.js';

const DAY_MS = 86_400_000;
const ACCOUNT_AGE_DAYS_MAX = 2_500;
/** A tenth of the customers join during the simulation. */
const JOINING_SHARE = 0.1;
const DEVICE_LIFETIME_DAYS = 540;
const HOME_SPREAD_DEGREES = 0.1;
/** Trips: within each period of this length a customer may be away once. */
const TRIP_PERIOD_DAYS = 60;
const TRIP_CHANCE = 0.22;
const TRIP_DAYS_MAX = 12;
/** A mobile operator puts many customers of a city behind one address. */
const SHARED_ADDRESS_SHARE = 0.25;
const SHARED_ADDRESSES_PER_CITY = 40;

const SALT = { second: 41, wealth: 43, trip: 47, device: 53, place: 59, abuse: 61 } as const;
const CUSTOMER_CARDS_MAX = 2;

/**
 * Everybody who pays. What a customer is like is drawn once into packed arrays (about 20 bytes
 * each); what can be derived from the customer's number and the time, such as trips and devices, is
 * hashed on demand and takes no memory.
 */
export class Customers {
  private readonly cityOfCustomer: Uint8Array;
  private readonly spendFactor: Float32Array;
  private readonly onlineShare: Float32Array;
  private readonly createdDay: Int32Array;
  private readonly byCountry: readonly {
    readonly members: Int32Array;
    readonly choice: WeightedChoice;
  }[];
  /** Payments a day that the customers of a country make together, on an average day. */
  readonly paymentsPerDay: readonly number[];
  private readonly destinations = new WeightedChoice(cities.map((city) => city.weight));

  constructor(
    readonly count: number,
    span: { startMs: number; days: number },
    random: Random,
  ) {
    this.cityOfCustomer = new Uint8Array(count);
    this.spendFactor = new Float32Array(count);
    this.onlineShare = new Float32Array(count);
    this.createdDay = new Int32Array(count);
    const activity = new Float32Array(count);
    const startDay = Math.floor(span.startMs / DAY_MS);
    const members: number[][] = countries.map(() => []);
    for (let customer = 0; customer < count; customer += 1) {
      const city = this.destinations.at(random.unit());
      this.cityOfCustomer[customer] = city;
      this.spendFactor[customer] = random.lognormal(1, 0.45);
      this.onlineShare[customer] = 0.08 + 0.6 * random.unit() ** 2;
      activity[customer] = random.lognormal(0.85, 0.7);
      const joins = random.chance(JOINING_SHARE);
      this.createdDay[customer] =
        startDay + (joins ? random.below(span.days) : -1 - random.below(ACCOUNT_AGE_DAYS_MAX));
      members[cityAt(city).country]?.push(customer);
    }
    this.byCountry = members.map((list) => ({
      members: Int32Array.from(list),
      choice: new WeightedChoice(list.length > 0 ? list.map((c) => activity[c] ?? 0) : [1]),
    }));
    this.paymentsPerDay = members.map((list) =>
      list.reduce((sum, customer) => sum + (activity[customer] ?? 0), 0),
    );
  }

  /** A customer of the country, the busier the likelier. */
  inCountry(country: number, unit: number): number {
    const group = this.byCountry[country];
    const customer = group?.members[group.choice.at(unit)];
    if (customer === undefined) throw new RangeError(`nobody lives in country ${country}`);
    return customer;
  }

  homeCity(customer: number): number {
    return this.cityOfCustomer[customer] ?? 0;
  }

  homeCountry(customer: number): number {
    return cityAt(this.homeCity(customer)).country;
  }

  spend(customer: number): number {
    return this.spendFactor[customer] ?? 1;
  }

  online(customer: number): number {
    return this.onlineShare[customer] ?? 0;
  }

  createdMs(customer: number): number {
    return (this.createdDay[customer] ?? 0) * DAY_MS + (hashPair(customer, SALT.second) % DAY_MS);
  }

  /** One customer in a hundred disputes what they bought themselves. */
  abusesDisputes(customer: number): boolean {
    return hashUnit(customer, SALT.abuse) < 0.01;
  }

  account(customer: number): Account {
    return {
      id: `cus_${customer.toString(36).padStart(5, '0')}`,
      createdMs: this.createdMs(customer),
      email: emailAddress(customer),
      country: this.homeCountry(customer),
    };
  }

  /** The first card, or for some customers and payments the second. */
  card(customer: number, unit: number): Card {
    const second = hashUnit(customer, SALT.second) < 0.3 && unit < 0.35 ? 1 : 0;
    return cardOf(customer * CUSTOMER_CARDS_MAX + second, this.homeCountry(customer));
  }

  home(customer: number): Place {
    const city = cityAt(this.homeCity(customer));
    return {
      country: city.country,
      postalCode: postalCode(customer),
      latitude: offset(city.latitude, hashUnit(customer, SALT.place)),
      longitude: offset(city.longitude, hashUnit(customer, SALT.place + 1)),
    };
  }

  /** Whether the customer's device is one they took into use less than three days ago. */
  hasNewDevice(customer: number, timeMs: number): boolean {
    const age = this.deviceAgeDays(customer, timeMs) % DEVICE_LIFETIME_DAYS;
    return age < 3;
  }

  device(customer: number, place: { timeMs: number; city: number; unit: number }): Device {
    const generation = Math.floor(
      this.deviceAgeDays(customer, place.timeMs) / DEVICE_LIFETIME_DAYS,
    );
    const country = cityAt(place.city).country;
    const atHome = place.city === this.homeCity(customer);
    const shared = !atHome || place.unit < SHARED_ADDRESS_SHARE;
    const line = shared
      ? place.city * SHARED_ADDRESSES_PER_CITY +
        Math.floor(hashUnit(customer, Math.floor(place.unit * 16)) * SHARED_ADDRESSES_PER_CITY)
      : 1_000_000 + customer;
    return {
      id: deviceId(customer, generation),
      ip: ipAddress(country, line),
      ipCountry: country,
      userAgent: userAgent(customer, generation),
    };
  }

  /** Where the customer is: the city of a trip, else home. */
  cityAt(customer: number, timeMs: number): number {
    const day = timeMs / DAY_MS + (customer % TRIP_PERIOD_DAYS);
    const period = Math.floor(day / TRIP_PERIOD_DAYS);
    if (hashUnit(customer, SALT.trip + period * 8) >= TRIP_CHANCE) return this.homeCity(customer);
    const length = 2 + hashUnit(customer, SALT.trip + period * 8 + 1) * (TRIP_DAYS_MAX - 2);
    const leaves = hashUnit(customer, SALT.trip + period * 8 + 2) * (TRIP_PERIOD_DAYS - length);
    const dayOfPeriod = day - period * TRIP_PERIOD_DAYS;
    if (dayOfPeriod < leaves || dayOfPeriod > leaves + length) return this.homeCity(customer);
    return this.destinations.at(hashUnit(customer, SALT.trip + period * 8 + 3));
  }

  private deviceAgeDays(customer: number, timeMs: number): number {
    return timeMs / DAY_MS + hashUnit(customer, SALT.device) * DEVICE_LIFETIME_DAYS;
  }
}

function offset(degrees: number, unit: number): number {
  return Math.round((degrees + (unit - 0.5) * 2 * HOME_SPREAD_DEGREES) * 1000) / 1000;
}
