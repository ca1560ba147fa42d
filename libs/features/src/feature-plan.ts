import { SignalSchema, type SignalRecord } from '#contracts/signals.js';
import { transactionFields } from '#contracts/transaction-fields.js';
import type {
  AmountNormalisation,
  EntityDefinition,
  FeatureCatalogue,
  MetadataField,
  WindowedFeature,
} from './catalogue-types.js';
import { compileDerived, featuresOf, type CompiledDerived } from './derived.js';
import { layoutOf, type RecordLayout } from './event-record.js';
import { buildSchema } from './feature-schema.js';
import { WindowGroup } from './ring-program.js';
import { TileGroup } from './tile-program.js';
import { tileLayoutOf, type TileLayout } from './tile-layout.js';
import type { FeatureReading } from './window-totals.js';

/**
 * Events that come this late are still put in their place; the horizon and the time to live allow
 * for it.
 */
export const LATENESS_MS = 86_400_000;

/** One feature of an entity: where its value goes and how it is read. */
export interface FeatureOutput {
  readonly slot: number;
  readonly group: number;
  readonly reading: FeatureReading;
  /** NaN = leave it missing. */
  readonly defaultValue: number;
}

/** An entity, compiled: what the stores must keep of it and what is computed from that. */
export interface EntityPlan {
  readonly index: number;
  readonly name: string;
  readonly kind: EntityDefinition['kind'];
  readonly keySignal: string;
  readonly keySlot: number;
  readonly layout: RecordLayout;
  readonly tiles: TileLayout | null;
  readonly eventsMax: number;
  /** The longest window and its delay, plus LATENESS_MS: what is older is dropped. */
  readonly horizonMs: number;
  /** Whether labels or outcomes change its features: only then are late reports passed on to it. */
  readonly learnsLater: boolean;
  readonly outputs: readonly FeatureOutput[];
  /** Scratch space of the computation, one group per delay: a plan belongs to one thread. */
  readonly ringGroups: readonly WindowGroup[];
  readonly tileGroups: readonly TileGroup[];
}

/** A catalogue, compiled once at start or publish; see `buildFeaturePlan`. */
export interface FeaturePlan {
  /** The sha256 of the catalogue's text: recorded with every decision. */
  readonly version: string;
  readonly schema: SignalSchema;
  readonly metadata: readonly MetadataField[];
  readonly amounts: AmountNormalisation | null;
  readonly amountFeatureSlot: number;
  readonly entities: readonly EntityPlan[];
  readonly derived: readonly CompiledDerived[];
  readonly featureNames: readonly string[];
  readonly firstFeatureSlot: number;
  /**
   * How long after a transaction a label or outcome can still change a feature; 0 = it never does.
   */
  readonly reportHorizonMs: number;
  /** Where the key of each entity stands in the request body, for warnings. */
  readonly keyPaths: readonly string[];
  /** A record with everything missing; copies a template, which is faster than filling one. */
  emptyRecord(): SignalRecord;
}

const learning: ReadonlySet<string> = new Set([
  'fraud_count',
  'fraud_share',
  'decline_count',
  'decline_share',
]);

/**
 * Compiles a checked catalogue.
 *
 * @param version  sha256 of the catalogue's text in hexadecimal, from the caller.
 */
export function buildFeaturePlan(catalogue: FeatureCatalogue, version: string): FeaturePlan {
  const features = featuresOf(catalogue);
  const schema = new SignalSchema(buildSchema(catalogue.metadata, features));
  const derived = compileDerived(catalogue);
  if (!derived.ok) {
    throw new Error(`not a checked catalogue: ${derived.problems[0]?.message ?? ''}`);
  }
  const entities = catalogue.entities.map((entity, index) => planEntity(entity, index, schema));
  const amountFeature = catalogue.amounts?.feature ?? null;
  const template = schema.emptyRecord();
  return {
    version,
    schema,
    metadata: catalogue.metadata,
    amounts: catalogue.amounts,
    amountFeatureSlot: amountFeature === null ? -1 : schema.slotOf(amountFeature)!,
    entities,
    derived: derived.value,
    featureNames: features.map((feature) => feature.name),
    firstFeatureSlot: transactionFields.length + catalogue.metadata.length,
    reportHorizonMs: Math.max(
      0,
      ...entities.filter((entity) => entity.learnsLater).map((entity) => entity.horizonMs),
    ),
    keyPaths: entities.map((entity) => requestPathOf(entity.keySignal)),
    emptyRecord: () => ({ numbers: template.numbers.slice(), strings: template.strings.slice() }),
  };
}

function requestPathOf(signal: string): string {
  const field = transactionFields.find((candidate) => candidate.name === signal);
  return field === undefined ? `metadata.${signal}` : (field.path ?? signal);
}

function planEntity(definition: EntityDefinition, index: number, schema: SignalSchema): EntityPlan {
  const longestMs = Math.max(
    1,
    ...definition.features.map((feature) => feature.windowMs + feature.delayMs),
  );
  // A window of 0 stands for the longest of the entity.
  const features = definition.features.map((feature) =>
    feature.windowMs === 0 ? { ...feature, windowMs: longestMs } : feature,
  );
  const layout = layoutOf(definition, schema);
  const delays = [...new Set(features.map((feature) => feature.delayMs))].sort((a, b) => a - b);
  const grouped = delays.map((delayMs) =>
    features.filter((feature) => feature.delayMs === delayMs),
  );
  const bounded = definition.kind === 'bounded';
  const tiles = bounded ? null : tileLayoutOf(features, layout);
  return {
    index,
    name: definition.name,
    kind: definition.kind,
    keySignal: definition.key,
    keySlot: schema.slotOf(definition.key)!,
    layout,
    tiles,
    eventsMax: definition.eventsMax,
    horizonMs: longestMs + LATENESS_MS,
    learnsLater: features.some((feature) => learning.has(feature.aggregate)),
    outputs: features.map((feature) => outputOf(feature, grouped, schema)),
    ringGroups: bounded
      ? grouped.map((group) => new WindowGroup(group, layout, definition.eventsMax))
      : [],
    tileGroups: tiles === null ? [] : grouped.map((group) => new TileGroup(group, tiles)),
  };
}

function outputOf(
  feature: WindowedFeature,
  grouped: readonly (readonly WindowedFeature[])[],
  schema: SignalSchema,
): FeatureOutput {
  const group = grouped.findIndex((candidates) => candidates.includes(feature));
  const windows = new Set(grouped[group]!.map((other) => other.windowMs));
  const shorter = [...windows].filter((windowMs) => windowMs < feature.windowMs).length;
  return {
    slot: schema.slotOf(feature.name)!,
    group,
    reading: {
      aggregate: feature.aggregate,
      of: feature.of,
      window: shorter,
      windowMs: feature.windowMs,
      withCurrent: feature.includeCurrent && feature.delayMs === 0,
    },
    defaultValue: feature.defaultValue ?? Number.NaN,
  };
}
