export type Channel = 'card_present' | 'ecommerce';

/**
 * A kind of merchant. Amounts are log-normal, the median in euros, the spread that of the
 * logarithm.
 */
export interface Category {
  readonly name: string;
  /** Merchant category code, ISO 18245. */
  readonly mcc: string;
  readonly channel: Channel;
  /** How many of the channel's merchants are of this kind, relative to the others. */
  readonly weight: number;
  readonly medianEuros: number;
  readonly spread: number;
  /** Whether goods are sent to an address. */
  readonly ships: boolean;
}

const inStore = (
  name: string,
  mcc: string,
  weight: number,
  amount: [number, number],
): Category => ({
  name,
  mcc,
  channel: 'card_present',
  weight,
  medianEuros: amount[0],
  spread: amount[1],
  ships: false,
});
const online = (name: string, mcc: string, weight: number, amount: [number, number]): Category => ({
  name,
  mcc,
  channel: 'ecommerce',
  weight,
  medianEuros: amount[0],
  spread: amount[1],
  ships: false,
});
const shipped = (
  name: string,
  mcc: string,
  weight: number,
  amount: [number, number],
): Category => ({
  ...online(name, mcc, weight, amount),
  ships: true,
});

export const categories: readonly Category[] = [
  inStore('grocery', '5411', 26, [24, 0.75]),
  inStore('restaurant', '5812', 20, [22, 0.65]),
  inStore('fast_food', '5814', 14, [9, 0.45]),
  inStore('fuel', '5541', 9, [45, 0.4]),
  inStore('pharmacy', '5912', 7, [15, 0.7]),
  inStore('clothing_store', '5651', 8, [48, 0.7]),
  inStore('hotel', '7011', 3, [140, 0.6]),
  inStore('transport', '4111', 6, [4, 0.6]),
  inStore('cash_machine', '6011', 4, [80, 0.6]),
  inStore('jewellery', '5944', 1, [160, 0.9]),
  shipped('marketplace', '5399', 22, [32, 0.85]),
  shipped('electronics', '5732', 12, [110, 1]),
  shipped('fashion_online', '5691', 18, [58, 0.65]),
  shipped('gifts', '5947', 7, [36, 0.6]),
  online('digital_goods', '5816', 14, [6, 0.8]),
  online('streaming', '4899', 8, [11, 0.3]),
  online('airline', '4511', 5, [190, 0.7]),
  online('travel_agency', '4722', 4, [260, 0.8]),
  online('gift_cards', '5815', 4, [40, 0.7]),
  online('charity', '8398', 3, [18, 0.8]),
  online('food_delivery', '5814', 12, [25, 0.45]),
];
