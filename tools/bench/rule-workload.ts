import { Random } from '../simulate/random.js';
import type { BenchSignals } from './rule-engines/bench-engine.js';

/** One part of a rule; the parts of a rule are joined by `&&`. Every engine can say these. */
export type BenchCondition =
  | {
      readonly kind: 'threshold';
      readonly signal: string;
      readonly operator: '<' | '<=' | '>' | '>=';
      readonly value: number;
    }
  | {
      readonly kind: 'equals' | 'unequal' | 'ends-with';
      readonly signal: string;
      readonly value: string;
    }
  /** Two text signals that are not the same. */
  | { readonly kind: 'differ'; readonly signal: string; readonly other: string }
  | { readonly kind: 'one-of'; readonly signal: string; readonly values: readonly string[] }
  /** A personal value is in a named list. */
  | { readonly kind: 'listed'; readonly signal: string; readonly list: string }
  /** The time of day, UTC: before the hour. */
  | { readonly kind: 'before-hour'; readonly hour: number };

export type BenchRule = readonly BenchCondition[];

export interface BenchWorkload {
  readonly rules: readonly BenchRule[];
  /** Signal name to the values that are listed, as `blocked_<signal>`. */
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

type Range = readonly [low: number, high: number];

/** How far out thresholds lie: between these shares of the payments are below them. */
export interface Rarity {
  readonly counts: Range;
  readonly amounts: Range;
}
/** Rules are written for what is unusual; a thousand of them give about one hit a payment. */
export const RARE: Rarity = { counts: [0.97, 0.9998], amounts: [0.9, 0.999] };
/** A load to see what hits cost. */
export const FREQUENT: Rarity = { counts: [0.3, 0.9], amounts: [0.1, 0.6] };

const LISTED_SIGNALS = ['card', 'device', 'email', 'ip', 'customer'] as const;
const LIST_ENTRIES = 10_000;
const LISTED_SHARE = 0.002;

const COUNTS = words(`
  card_tx_count_10m card_tx_count_1h card_tx_count_24h card_tx_count_7d
  card_distinct_merchants_1h card_distinct_merchants_24h card_distinct_countries_24h
  card_distinct_devices_7d card_distinct_ips_24h card_bin_distinct_cards_1h
  customer_tx_count_1h customer_tx_count_24h customer_distinct_cards_7d
  customer_distinct_devices_7d customer_distinct_countries_7d device_tx_count_1h
  device_tx_count_24h device_distinct_cards_24h email_tx_count_24h email_distinct_cards_24h
  ip_tx_count_1h ip_tx_count_24h ip_distinct_cards_24h merchant_tx_count_1h
  merchant_tx_count_24h
`);
const SUMS = words(`
  card_amount_sum_1h card_amount_sum_24h card_amount_sum_7d card_amount_mean_7d
  card_amount_max_30d customer_amount_sum_24h
`);
const RATIOS = ['card_amount_ratio_30d', 'customer_amount_ratio_30d', 'merchant_amount_ratio_30d'];
const COUNTRIES = ['card_country', 'ip_country', 'billing_country', 'merchant_country'] as const;

/** Shapes of rules with their weights, after those of `rules/default`. */
const SHAPES: readonly (readonly [number, (make: RuleMaker) => BenchRule])[] = [
  // Velocity: one count, mostly with an amount.
  [15, (make) => [make.above(COUNTS), make.amount()]],
  [8, (make) => [make.above(COUNTS), make.above(COUNTS), make.amount()]],
  [7, (make) => [make.above(SUMS), make.above(COUNTS)]],
  // Spending unlike before.
  [12, (make) => [make.above(RATIOS), make.usual(COUNTS), make.amount(), make.unauthenticated()]],
  // Geography.
  [10, (make) => [make.differ(), make.country(), make.amount()]],
  [8, (make) => [make.countries(), make.above(COUNTS), make.amount()]],
  // Segments of merchant, category, currency and card with limits of their own.
  [14, (make) => [make.is('mcc'), make.is('merchant_country'), make.amount()]],
  [8, (make) => [make.oneOf('mcc', 4), make.amount(), make.unauthenticated()]],
  [4, (make) => [make.is('card_funding'), make.is('currency'), make.above(COUNTS), make.amount()]],
  // New accounts and their mailboxes.
  [5, (make) => [make.is('email_domain'), make.young(), make.amount()]],
  [3, (make) => [make.mailSuffix(), make.young(), make.amount()]],
  // Lists.
  [3, (make) => [make.listed(), make.amount()]],
  // Time of day.
  [3, (make) => [make.night(), make.above(RATIOS), make.amount()]],
];

/** The same rules for the same seed, of the shapes and with the odds of a production ruleset. */
export function makeWorkload(count: number, rarity: Rarity, signals: BenchSignals): BenchWorkload {
  const make = new RuleMaker(new Random(count), rarity, signals);
  const rules = Array.from({ length: count }, () => make.rule());
  return { rules, lists: make.lists };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

class RuleMaker {
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly sorted = new Map<string, Float64Array>();
  private readonly distinct = new Map<string, readonly string[]>();

  constructor(
    private readonly random: Random,
    private readonly rarity: Rarity,
    private readonly signals: BenchSignals,
  ) {
    this.lists = new Map(LISTED_SIGNALS.map((signal) => [signal, this.listFor(signal)]));
  }

  rule(): BenchRule {
    const total = SHAPES.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.random.below(total);
    for (const [weight, shape] of SHAPES) {
      if (left < weight) return shape(this);
      left -= weight;
    }
    throw new RangeError('the weights of the shapes do not add up');
  }

  /** Above a rare value of one of the signals. */
  above(names: readonly string[]): BenchCondition {
    const signal = this.random.pick(names);
    return {
      kind: 'threshold',
      signal,
      operator: '>',
      value: this.quantile(signal, this.rarity.counts),
    };
  }

  /** At least what is common: a history to compare with. */
  usual(names: readonly string[]): BenchCondition {
    const signal = this.random.pick(names);
    return { kind: 'threshold', signal, operator: '>=', value: this.quantile(signal, [0.1, 0.5]) };
  }

  amount(): BenchCondition {
    const value = this.quantile('amount_eur', this.rarity.amounts);
    return { kind: 'threshold', signal: 'amount_eur', operator: '>', value };
  }

  young(): BenchCondition {
    const value = this.random.pick([1, 3, 7, 14, 30]);
    return { kind: 'threshold', signal: 'customer_age_days', operator: '<', value };
  }

  is(signal: string): BenchCondition {
    return { kind: 'equals', signal, value: this.random.pick(this.textsOf(signal)) };
  }

  country(): BenchCondition {
    return this.is(this.random.pick(COUNTRIES));
  }

  countries(): BenchCondition {
    return this.oneOf(this.random.pick(COUNTRIES), 3);
  }

  oneOf(signal: string, count: number): BenchCondition {
    const values = Array.from({ length: count }, () => this.random.pick(this.textsOf(signal)));
    return { kind: 'one-of', signal, values: [...new Set(values)] };
  }

  differ(): BenchCondition {
    const first = this.random.below(COUNTRIES.length);
    const second = (first + 1 + this.random.below(COUNTRIES.length - 1)) % COUNTRIES.length;
    return { kind: 'differ', signal: COUNTRIES[first]!, other: COUNTRIES[second]! };
  }

  unauthenticated(): BenchCondition {
    return { kind: 'unequal', signal: 'three_ds', value: 'authenticated' };
  }

  mailSuffix(): BenchCondition {
    const value = this.random.pick(this.textsOf('email_domain'));
    return { kind: 'ends-with', signal: 'email_domain', value: value.slice(value.length >> 1) };
  }

  listed(): BenchCondition {
    const signal = this.random.pick(LISTED_SIGNALS);
    return { kind: 'listed', signal, list: `blocked_${signal}` };
  }

  night(): BenchCondition {
    return { kind: 'before-hour', hour: this.random.integer(3, 6) };
  }

  private quantile(signal: string, [low, high]: Range): number {
    let values = this.sorted.get(signal);
    if (values === undefined) {
      const slot = this.slotOf(signal);
      values = Float64Array.from(this.signals.records, ({ numbers }) => numbers[slot]!).sort();
      this.sorted.set(signal, values);
    }
    const at = Math.floor(this.random.between(low, high) * values.length);
    // As people write thresholds; two digits behind the point are enough for ratios.
    return Math.round(values[at]! * 100) / 100;
  }

  private textsOf(signal: string): readonly string[] {
    let texts = this.distinct.get(signal);
    if (texts === undefined) {
      const slot = this.slotOf(signal);
      const found = new Set(this.signals.records.map(({ strings }) => strings[slot]!));
      texts = [...found].filter((text) => text !== '').toSorted();
      this.distinct.set(signal, texts);
    }
    return texts;
  }

  private listFor(signal: string): ReadonlySet<string> {
    const slot = this.slotOf(signal);
    const known = new Set(this.signals.records.map(({ strings }) => strings[slot]!));
    const listed = [...known].filter((value) => value !== '' && this.random.chance(LISTED_SHARE));
    const strangers = Array.from({ length: LIST_ENTRIES }, (_, nth) => `${signal}-stranger-${nth}`);
    return new Set([...listed, ...strangers]);
  }

  private slotOf(signal: string): number {
    const slot = this.signals.schema.slotOf(signal);
    if (slot === undefined) throw new Error(`rules/features.yaml has no ${signal} any more`);
    return slot;
  }
}
