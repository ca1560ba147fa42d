import { TILES_KEPT_LATE, TILES_PER_WINDOW } from '#features/tile-layout.js';
import { referenceFeature, type PlainEvent } from './feature-reference.js';
import { streamCatalogue, streamPlan, type StreamStep } from './feature-stream.js';

const catalogue = streamCatalogue();
const plan = streamPlan();
/** As many as the streams have: a sketch counts so few exactly. */
const CARDS = 3;

/** A ring that overflowed says so, and then counts too little rather than wrong. */
export function compareShortRings(
  steps: readonly StreamStep[],
  vectors: readonly Float64Array[],
): string[] {
  const { features } = catalogue.entities[2]!;
  const differences: string[] = [];
  walk(steps, (current, payments, nth) => {
    const history = payments.filter(
      (event) => event.attributes['card'] === current.attributes['card'],
    );
    const read = (name: string): number => vectors[nth]![plan.featureNames.indexOf(name)]!;
    for (const feature of features) {
      if (feature.windowMs === 0 || feature.aggregate === 'truncated') continue;
      const expected = referenceFeature(feature, history, current);
      const actual = read(feature.name);
      const agrees = read('f_truncated') === 0 ? actual === expected : actual <= expected;
      if (!agrees) differences.push(describeDifference(feature.name, nth, { actual, expected }));
    }
  });
  return differences;
}

function describeDifference(
  feature: string,
  payment: number,
  values: { readonly actual: number; readonly expected: number },
): string {
  return `${feature} of payment ${payment} is ${values.actual}, not ${values.expected}`;
}

/** Replays the stream on plain objects and compares each payment's vector as of that moment. */
function walk(
  steps: readonly StreamStep[],
  visit: (current: PlainEvent, history: readonly PlainEvent[], nth: number) => void,
): void {
  const payments: PlainEvent[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'payment':
        payments.push({ ...step.event });
        visit(payments.at(-1)!, payments, payments.length - 1);
        break;
      case 'report':
        payments[step.nth]!.fraud = step.fraud;
        break;
      case 'outcome':
        payments[step.nth]!.declined = step.declined;
        break;
      case 'retry':
        break;
    }
  }
}

/** Every window of a ring, exactly. */
export function compareRings(
  steps: readonly StreamStep[],
  vectors: readonly Float64Array[],
): string[] {
  const { features } = catalogue.entities[0]!;
  const longestMs = Math.max(...features.map((feature) => feature.windowMs + feature.delayMs));
  const differences: string[] = [];
  walk(steps, (current, payments, nth) => {
    const history = payments.filter(
      (event) => event.attributes['card'] === current.attributes['card'],
    );
    for (const feature of features) {
      const windowMs = feature.windowMs === 0 ? longestMs : feature.windowMs;
      const expected = referenceFeature({ ...feature, windowMs }, history, current);
      const actual = vectors[nth]![plan.featureNames.indexOf(feature.name)]!;
      // Sums of squares are not whole numbers below 2^53 for the largest amounts.
      const tolerance = feature.aggregate === 'stddev' ? 1e-6 * Math.max(1, expected) : 0;
      const agrees = Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance;
      if (!agrees) differences.push(describeDifference(feature.name, nth, { actual, expected }));
    }
  });
  return differences;
}

/** Counts within one tile at each edge of the window; so few cards exactly. */
export function compareTiles(
  steps: readonly StreamStep[],
  vectors: readonly Float64Array[],
): string[] {
  const differences: string[] = [];
  walk(steps, (current, payments, nth) => {
    const key = current.attributes['merchant_id'];
    if (key === null) return;
    const history = payments.filter((event) => event.attributes['merchant_id'] === key);
    const newestMs = Math.max(...history.map((event) => event.timeMs));
    for (const feature of catalogue.entities[1]!.features) {
      const isCount = ['count', 'fraud_count', 'decline_count'].includes(feature.aggregate);
      if (!isCount && feature.aggregate !== 'distinct') continue;
      const expected = referenceFeature(feature, history, current);
      const actual = vectors[nth]![plan.featureNames.indexOf(feature.name)]!;
      const tileMs = feature.windowMs / TILES_PER_WINDOW;
      // Later than that, tiles that this window needs may be gone.
      if (newestMs - current.timeMs > TILES_KEPT_LATE * tileMs) continue;
      const endMs = current.timeMs - feature.delayMs;
      const atEdge = (edgeMs: number): number =>
        history.filter((event) => Math.abs(event.timeMs - edgeMs) <= tileMs).length;
      const slack = atEdge(endMs) + atEdge(endMs - feature.windowMs);
      const limit = feature.aggregate === 'distinct' ? Math.min(slack, CARDS) : slack;
      // Not "greater than the limit": NaN must not pass.
      const agrees = Math.abs(actual - expected) <= limit;
      if (!agrees) differences.push(describeDifference(feature.name, nth, { actual, expected }));
    }
  });
  return differences;
}
