import { categories, type Category, type Channel } from './categories.js';
import { cities, cityAt, countries } from './geography.js';
import type { Random } from './random.js';
import { WeightedChoice, zipfWeight } from './weighted-choice.js';

const POPULARITY_EXPONENT = 0.9;
const TERMINALS_PER_MERCHANT_MAX = 6;
const CARD_PRESENT_SHARE = 0.65;
/** Degrees around the centre of its city: about 6 km. */
const CITY_SPREAD_DEGREES = 0.06;

export interface Merchant {
  readonly id: string;
  readonly category: Category;
  readonly channel: Channel;
  readonly city: number;
  readonly country: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly terminals: number;
  readonly popularity: number;
}

/** Merchants grouped by where a customer can meet them, each group drawn by popularity. */
export class MerchantDirectory {
  private readonly inCity: readonly MerchantGroup[];
  private readonly onlineByCountry: readonly MerchantGroup[];
  private readonly allOnline: MerchantGroup;

  constructor(readonly merchants: readonly Merchant[]) {
    const inStore = merchants.filter((merchant) => merchant.channel === 'card_present');
    const online = merchants.filter((merchant) => merchant.channel === 'ecommerce');
    this.allOnline = new MerchantGroup(online);
    this.inCity = cities.map((_, city) =>
      groupOr(
        inStore.filter((m) => m.city === city),
        inStore,
      ),
    );
    this.onlineByCountry = countries.map((_, country) =>
      groupOr(
        online.filter((m) => m.country === country),
        online,
      ),
    );
  }

  inCityAt(city: number, unit: number): Merchant {
    return groupAt(this.inCity, city).at(unit);
  }

  onlineIn(country: number, unit: number): Merchant {
    return groupAt(this.onlineByCountry, country).at(unit);
  }

  onlineAnywhere(unit: number): Merchant {
    return this.allOnline.at(unit);
  }
}

class MerchantGroup {
  private readonly choice: WeightedChoice;

  constructor(private readonly members: readonly Merchant[]) {
    this.choice = new WeightedChoice(members.map((merchant) => merchant.popularity));
  }

  at(unit: number): Merchant {
    const merchant = this.members[this.choice.at(unit)];
    if (merchant === undefined) throw new RangeError('a merchant group must not be empty');
    return merchant;
  }
}

function groupOr(members: readonly Merchant[], fallback: readonly Merchant[]): MerchantGroup {
  return new MerchantGroup(members.length > 0 ? members : fallback);
}

function groupAt(groups: readonly MerchantGroup[], index: number): MerchantGroup {
  const group = groups[index];
  if (group === undefined) throw new RangeError(`no merchant group has the index ${index}`);
  return group;
}

/**
 * Founds the merchants: the first take turns through the cities, so that no city stays without one.
 */
export function foundMerchants(count: number, random: Random): readonly Merchant[] {
  const byChannel = {
    card_present: categoryChoice('card_present'),
    ecommerce: categoryChoice('ecommerce'),
  };
  const cityChoice = new WeightedChoice(cities.map((city) => city.weight));
  return Array.from({ length: count }, (_, index): Merchant => {
    const channel: Channel = random.chance(CARD_PRESENT_SHARE) ? 'card_present' : 'ecommerce';
    const city = index < cities.length ? index : cityChoice.at(random.unit());
    const { country, latitude, longitude } = cityAt(city);
    // The rank is drawn, not the index: a merchant's number must say nothing about its size.
    const rank = 1 + random.below(count);
    const popularity = zipfWeight(rank, POPULARITY_EXPONENT);
    return {
      id: `m${String(index).padStart(6, '0')}`,
      category: byChannel[channel](random.unit()),
      channel,
      city,
      country,
      latitude: round(latitude + random.normal() * CITY_SPREAD_DEGREES),
      longitude: round(longitude + random.normal() * CITY_SPREAD_DEGREES),
      terminals: channel === 'ecommerce' ? 1 : 1 + random.below(TERMINALS_PER_MERCHANT_MAX),
      popularity,
    };
  });
}

function categoryChoice(channel: Channel): (unit: number) => Category {
  const members = categories.filter((category) => category.channel === channel);
  const choice = new WeightedChoice(members.map((category) => category.weight));
  return (unit) => {
    const category = members[choice.at(unit)];
    if (category === undefined) throw new RangeError(`no category sells by ${channel}`);
    return category;
  };
}

/** Three decimals, about 100 m: what a merchant's address tells. */
function round(degrees: number): number {
  return Math.round(degrees * 1000) / 1000;
}
