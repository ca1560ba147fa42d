/** What a windowed feature computes over the events of one entity. Amounts are in major units. */
export const aggregates = [
  'count',
  'sum',
  'mean',
  'stddev',
  'min',
  'max',
  'distinct',
  'time_since_last',
  'ratio_to_mean',
  'decline_count',
  'decline_share',
  'fraud_count',
  'fraud_share',
  'truncated',
] as const;
export type Aggregate = (typeof aggregates)[number];

export interface WindowedFeature {
  readonly name: string;
  readonly description: string;
  readonly aggregate: Aggregate;
  /** For `distinct`: the signal whose values are counted. */
  readonly of: string | null;
  readonly windowMs: number;
  /** The window ends this long before the transaction: labels and outcomes need time to arrive. */
  readonly delayMs: number;
  readonly includeCurrent: boolean;
  /** The value where there is none; null leaves it missing. */
  readonly defaultValue: number | null;
}

/**
 * Something that acts again and again. A bounded entity (a card) keeps its last events and has
 * exact windows; an unbounded one (a merchant) has too many events and keeps time tiles, with a
 * stated error.
 */
export interface EntityDefinition {
  readonly name: string;
  readonly kind: 'bounded' | 'unbounded';
  /** The signal, string or token, whose value identifies the entity. */
  readonly key: string;
  readonly eventsMax: number;
  readonly features: readonly WindowedFeature[];
}

export interface DerivedFeature {
  readonly name: string;
  readonly description: string;
  readonly expression: string;
  readonly defaultValue: number | null;
}

export const metadataTypes = ['number', 'boolean', 'string', 'timestamp', 'token'] as const;

/** An entry of the request's `metadata` that becomes a signal. */
export interface MetadataField {
  readonly name: string;
  readonly type: (typeof metadataTypes)[number];
  readonly description: string;
}

/** Fixed reference rates, so that amounts of several currencies can be added up. */
export interface AmountNormalisation {
  readonly currency: string;
  /** How much one major unit of a currency is worth in `currency`. */
  readonly rates: Readonly<Record<string, number>>;
  /** The feature that carries the transaction's own amount in `currency`, if wanted. */
  readonly feature: string | null;
}

export interface FeatureCatalogue {
  readonly metadata: readonly MetadataField[];
  readonly amounts: AmountNormalisation | null;
  readonly entities: readonly EntityDefinition[];
  readonly derived: readonly DerivedFeature[];
}

/**
 * One thing wrong in a catalogue: where, what, and what to write instead. Lines and columns count
 * from 1.
 */
export interface CatalogueProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

export type ParsedCatalogue =
  | { readonly ok: true; readonly value: FeatureCatalogue }
  | { readonly ok: false; readonly problems: readonly CatalogueProblem[] };

export const RING_EVENTS_DEFAULT = 128;
export const RING_EVENTS_MAX = 1_024;
export const WINDOW_MS_MAX = 400 * 86_400_000;
