import type { WindowedFeature } from '#features/catalogue-types.js';

/** One event as a test writes it down: nothing packed, nothing hashed. */
export interface PlainEvent {
  readonly id: number;
  readonly timeMs: number;
  /** Thousandths of a major unit. */
  readonly amountUnits: number;
  readonly attributes: Readonly<Record<string, string | null>>;
  fraud: boolean;
  declined: boolean;
}

/**
 * A feature recomputed from an entity's whole history, the plainest way: what every store must
 * agree with.
 */
export function referenceFeature(
  feature: WindowedFeature,
  history: readonly PlainEvent[],
  current: PlainEvent,
): number {
  const endMs = current.timeMs - feature.delayMs;
  const others = history.filter(
    (event) =>
      event.id !== current.id && event.timeMs > endMs - feature.windowMs && event.timeMs <= endMs,
  );
  const counted =
    feature.includeCurrent && feature.delayMs === 0 ? [...others, current] : [...others];
  const value = aggregate(feature, counted, current);
  return Number.isNaN(value) ? (feature.defaultValue ?? Number.NaN) : value;
}

function aggregate(
  feature: WindowedFeature,
  events: readonly PlainEvent[],
  current: PlainEvent,
): number {
  const amounts = events.map((event) => event.amountUnits);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const mean = sum / events.length;
  switch (feature.aggregate) {
    case 'count':
      return events.length;
    case 'sum':
      return sum / 1_000;
    case 'mean':
      return mean / 1_000;
    case 'stddev': {
      const squares = amounts.map((amount) => (amount - mean) ** 2);
      return Math.sqrt(squares.reduce((a, b) => a + b, 0) / events.length) / 1_000;
    }
    case 'min':
      return events.length === 0 ? Number.NaN : Math.min(...amounts) / 1_000;
    case 'max':
      return events.length === 0 ? Number.NaN : Math.max(...amounts) / 1_000;
    case 'distinct':
      return new Set(events.flatMap((event) => event.attributes[feature.of!] ?? [])).size;
    case 'time_since_last':
      if (events.length === 0) return Number.NaN;
      return (current.timeMs - Math.max(...events.map((event) => event.timeMs))) / 1_000;
    case 'ratio_to_mean':
      return sum > 0 ? current.amountUnits / mean : Number.NaN;
    case 'decline_count':
      return events.filter((event) => event.declined).length;
    case 'decline_share':
      return events.filter((event) => event.declined).length / events.length;
    case 'fraud_count':
      return events.filter((event) => event.fraud).length;
    case 'fraud_share':
      return events.filter((event) => event.fraud).length / events.length;
    case 'truncated':
      return 0;
  }
}
