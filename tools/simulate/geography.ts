/**
 * A country of the simulated world. Offsets are standard time: daylight saving is left out on
 * purpose.
 */
export interface Country {
  readonly code: string;
  readonly currency: string;
  /** Minor units are 10^-exponent of a major unit, ISO 4217. */
  readonly exponent: number;
  /** How many units of the currency buy what one euro buys, roughly. */
  readonly pricesPerEuro: number;
  readonly utcOffsetHours: number;
  /** Share of the population, relative to the others. */
  readonly weight: number;
  /** Latitude and longitude of its cities, the largest first. */
  readonly cities: readonly (readonly [latitude: number, longitude: number])[];
}

export interface City {
  readonly country: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly weight: number;
}

export const countries: readonly Country[] = [
  {
    code: 'DE',
    currency: 'EUR',
    exponent: 2,
    pricesPerEuro: 1,
    utcOffsetHours: 1,
    weight: 18,
    cities: [
      [52.52, 13.405],
      [53.551, 9.994],
      [48.137, 11.575],
      [50.938, 6.96],
    ],
  },
  {
    code: 'FR',
    currency: 'EUR',
    exponent: 2,
    pricesPerEuro: 1,
    utcOffsetHours: 1,
    weight: 13,
    cities: [
      [48.857, 2.352],
      [43.296, 5.37],
      [45.764, 4.836],
    ],
  },
  {
    code: 'GB',
    currency: 'GBP',
    exponent: 2,
    pricesPerEuro: 0.85,
    utcOffsetHours: 0,
    weight: 13,
    cities: [
      [51.507, -0.128],
      [53.483, -2.244],
      [55.861, -4.25],
    ],
  },
  {
    code: 'US',
    currency: 'USD',
    exponent: 2,
    pricesPerEuro: 1.1,
    utcOffsetHours: -6,
    weight: 16,
    cities: [
      [40.713, -74.006],
      [34.052, -118.244],
      [41.878, -87.63],
      [29.76, -95.37],
    ],
  },
  {
    code: 'ES',
    currency: 'EUR',
    exponent: 2,
    pricesPerEuro: 1,
    utcOffsetHours: 1,
    weight: 8,
    cities: [
      [40.417, -3.704],
      [41.385, 2.173],
      [37.389, -5.984],
    ],
  },
  {
    code: 'IT',
    currency: 'EUR',
    exponent: 2,
    pricesPerEuro: 1,
    utcOffsetHours: 1,
    weight: 8,
    cities: [
      [41.903, 12.496],
      [45.464, 9.19],
      [40.852, 14.268],
    ],
  },
  {
    code: 'NL',
    currency: 'EUR',
    exponent: 2,
    pricesPerEuro: 1,
    utcOffsetHours: 1,
    weight: 5,
    cities: [
      [52.367, 4.904],
      [51.924, 4.477],
    ],
  },
  {
    code: 'PL',
    currency: 'PLN',
    exponent: 2,
    pricesPerEuro: 3.2,
    utcOffsetHours: 1,
    weight: 5,
    cities: [
      [52.23, 21.012],
      [50.065, 19.945],
    ],
  },
  {
    code: 'SE',
    currency: 'SEK',
    exponent: 2,
    pricesPerEuro: 11,
    utcOffsetHours: 1,
    weight: 3,
    cities: [
      [59.329, 18.069],
      [57.709, 11.975],
    ],
  },
  {
    code: 'CA',
    currency: 'CAD',
    exponent: 2,
    pricesPerEuro: 1.45,
    utcOffsetHours: -5,
    weight: 4,
    cities: [
      [43.653, -79.383],
      [49.283, -123.121],
    ],
  },
  {
    code: 'BR',
    currency: 'BRL',
    exponent: 2,
    pricesPerEuro: 4,
    utcOffsetHours: -3,
    weight: 4,
    cities: [
      [-23.551, -46.633],
      [-22.907, -43.173],
    ],
  },
  {
    code: 'JP',
    currency: 'JPY',
    exponent: 0,
    pricesPerEuro: 140,
    utcOffsetHours: 9,
    weight: 4,
    cities: [
      [35.676, 139.65],
      [34.694, 135.502],
    ],
  },
  {
    code: 'AU',
    currency: 'AUD',
    exponent: 2,
    pricesPerEuro: 1.6,
    utcOffsetHours: 10,
    weight: 3,
    cities: [
      [-33.869, 151.209],
      [-37.814, 144.963],
    ],
  },
  {
    code: 'KW',
    currency: 'KWD',
    exponent: 3,
    pricesPerEuro: 0.3,
    utcOffsetHours: 3,
    weight: 1,
    cities: [[29.376, 47.977]],
  },
];

/**
 * Every city, those of one country side by side; within a country the weight falls with the rank.
 */
export const cities: readonly City[] = countries.flatMap((country, index) =>
  country.cities.map(([latitude, longitude], rank) => ({
    country: index,
    latitude,
    longitude,
    weight: country.weight / (rank + 1),
  })),
);

export function countryAt(index: number): Country {
  const country = countries[index];
  if (country === undefined) throw new RangeError(`no country has the index ${index}`);
  return country;
}

export function cityAt(index: number): City {
  const city = cities[index];
  if (city === undefined) throw new RangeError(`no city has the index ${index}`);
  return city;
}
