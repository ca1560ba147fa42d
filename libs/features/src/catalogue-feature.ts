import type { SignalSchema } from '#contracts/signals.js';
import {
  aggregates,
  WINDOW_MS_MAX,
  type Aggregate,
  type EntityDefinition,
  type WindowedFeature,
} from './catalogue-types.js';
import { closestName } from './closest-name.js';
import { formatDuration, parseDurationMs } from './duration.js';
import type { YamlEntry, YamlReader } from './yaml-reader.js';

const featureFields = [
  'aggregate',
  'of',
  'window',
  'delay',
  'include_current',
  'default',
  'description',
] as const;
const DEFAULT_TRUNCATED_WINDOW_MS = 0;

/**
 * What is not known of a transaction while it is decided (its outcome, its label) does not count it
 * in.
 */
const excludesCurrent: ReadonlySet<Aggregate> = new Set<Aggregate>([
  'time_since_last',
  'ratio_to_mean',
  'decline_count',
  'decline_share',
  'fraud_count',
  'fraud_share',
  'truncated',
]);
const includableLater: ReadonlySet<Aggregate> = new Set<Aggregate>(['ratio_to_mean']);
const delayable: ReadonlySet<Aggregate> = new Set<Aggregate>(
  aggregates.filter((aggregate) => aggregate !== 'time_since_last' && aggregate !== 'truncated'),
);

interface FeatureContext {
  readonly kind: EntityDefinition['kind'] | null;
  readonly signals: SignalSchema;
}

/** Reads one feature of an entity; null when it is too wrong to go on with. */
export function readEntityFeature(
  reader: YamlReader,
  entry: YamlEntry,
  context: FeatureContext,
): WindowedFeature | null {
  const what = `feature ${entry.key}`;
  const fields = reader.fields(entry.value, what, featureFields);
  const aggregate = reader.choice(fields.get('aggregate'), 'aggregate', aggregates);
  if (aggregate === null) {
    if (!fields.has('aggregate')) {
      reader.add(entry.keyNode, `${what} has no aggregate`, `use one of: ${aggregates.join(', ')}`);
    }
    return null;
  }
  if (aggregate === 'truncated' && context.kind === 'unbounded') {
    reader.add(
      entry.keyNode,
      'an unbounded entity never truncates: its tiles count every event',
      `remove ${entry.key}`,
    );
  }
  const includeEntry = fields.get('include_current');
  const includeCurrent = reader.boolean(includeEntry, 'include_current');
  if (
    includeCurrent === true &&
    excludesCurrent.has(aggregate) &&
    !includableLater.has(aggregate)
  ) {
    const message = `${aggregate} cannot include the current transaction: it is not known yet`;
    reader.add(includeEntry?.keyNode ?? null, message, 'remove include_current');
  }
  return {
    name: entry.key,
    description: reader.text(fields.get('description'), 'description') ?? describe(entry, fields),
    aggregate,
    of: readOf(reader, entry, { aggregate, of: fields.get('of'), signals: context.signals }),
    windowMs: readWindow(reader, entry, { aggregate, window: fields.get('window') }),
    delayMs: readDelay(reader, fields.get('delay'), aggregate),
    includeCurrent: includeCurrent ?? !excludesCurrent.has(aggregate),
    defaultValue: reader.number(fields.get('default'), 'default'),
  };
}

function describe(entry: YamlEntry, fields: ReadonlyMap<string, YamlEntry>): string {
  const text = (name: string): string => String(fields.get(name)?.value ?? '');
  return [text('aggregate'), text('of'), text('window'), text('delay') && `delay ${text('delay')}`]
    .filter((part) => part !== '')
    .join(' ')
    .replace(/^$/, entry.key);
}

interface OfContext {
  readonly aggregate: Aggregate;
  readonly of: YamlEntry | undefined;
  readonly signals: SignalSchema;
}

function readOf(reader: YamlReader, entry: YamlEntry, context: OfContext): string | null {
  const { aggregate, of, signals } = context;
  if (aggregate !== 'distinct') {
    if (of !== undefined) {
      reader.add(of.keyNode, `${aggregate} takes no "of"`, 'remove it; amounts are understood');
    }
    return null;
  }
  const name = reader.text(of, 'of');
  if (name === null) {
    if (of === undefined) {
      reader.add(entry.keyNode, 'distinct needs what to count', 'write of: merchant_id');
    }
    return null;
  }
  if (signals.definitionOf(name) === undefined) {
    const meant = closestName(
      name,
      signals.definitions.map((signal) => signal.name),
    );
    const fix = meant === null ? 'name a field of the transaction' : `did you mean "${meant}"?`;
    reader.add(of?.value ?? null, `unknown signal "${name}"`, fix);
  }
  return name;
}

interface WindowContext {
  readonly aggregate: Aggregate;
  readonly window: YamlEntry | undefined;
}

/** The window in ms; 0 stands for "the longest of the entity" where the aggregate allows none. */
function readWindow(reader: YamlReader, entry: YamlEntry, context: WindowContext): number {
  const { aggregate, window } = context;
  if (window === undefined) {
    if (aggregate !== 'time_since_last' && aggregate !== 'truncated') {
      reader.add(entry.keyNode, `${aggregate} needs a window`, 'write window: 24h');
    }
    return DEFAULT_TRUNCATED_WINDOW_MS;
  }
  return readDuration(reader, window, 'window');
}

function readDelay(reader: YamlReader, entry: YamlEntry | undefined, aggregate: Aggregate): number {
  if (entry === undefined) return 0;
  if (!delayable.has(aggregate)) {
    reader.add(entry.keyNode, `${aggregate} takes no delay`, 'remove delay');
  }
  return readDuration(reader, entry, 'delay');
}

function readDuration(reader: YamlReader, entry: YamlEntry, what: string): number {
  const text = reader.text(entry, what);
  if (text === null) return 0;
  const durationMs = parseDurationMs(text);
  if (durationMs === null) {
    const message = `${what} "${text}" is no duration`;
    reader.add(entry.value, message, 'write a whole number and s, m, h or d, such as 24h');
    return 0;
  }
  if (durationMs > WINDOW_MS_MAX) {
    const fix = `use at most ${formatDuration(WINDOW_MS_MAX)}`;
    reader.add(entry.value, `${what} ${text} is too long`, fix);
  }
  return durationMs;
}
