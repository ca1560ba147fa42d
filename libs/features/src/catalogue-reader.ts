import { SignalSchema, isTextType } from '#contracts/signals.js';
import { transactionFields } from '#contracts/transaction-fields.js';
import { readAmounts } from './catalogue-amounts.js';
import { readEntityFeature } from './catalogue-feature.js';
import {
  metadataTypes,
  RING_EVENTS_DEFAULT,
  RING_EVENTS_MAX,
  type DerivedFeature,
  type EntityDefinition,
  type FeatureCatalogue,
  type MetadataField,
  type ParsedCatalogue,
  type WindowedFeature,
} from './catalogue-types.js';
import { closestName } from './closest-name.js';
import { checkDerived } from './derived.js';
import { buildSchema } from './feature-schema.js';
import { YamlReader, type YamlEntry } from './yaml-reader.js';

const CATALOGUE_FORMAT = 'tollgate-features/1';
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const ENTITY_NAME = /^[a-z][a-z0-9_]{0,31}$/;
const topFields = ['format', 'metadata', 'amounts', 'entities', 'derived'] as const;
const SCORE = 'score';

/**
 * Reads one features.yaml; the checks that need several parts of it are in here, the rest in the
 * readers of the parts.
 */
export function readCatalogue(text: string, fileName: string): ParsedCatalogue {
  const reader = new YamlReader(fileName);
  const root = reader.parse(text);
  if (root === null) return { ok: false, problems: reader.problems };
  const top = reader.fields(root, 'the catalogue', topFields);
  const format = reader.text(top.get('format'), 'format');
  if (format !== CATALOGUE_FORMAT && reader.problems.length === 0) {
    reader.add(
      top.get('format')?.value ?? root,
      format === null ? 'the format is missing' : `unknown format "${format}"`,
      `begin the file with "format: ${CATALOGUE_FORMAT}"`,
    );
  }
  const names = new NameRegister(reader);
  const metadata = readMetadata(reader, top.get('metadata'), names);
  const amounts = readAmounts(reader, top.get('amounts'), names.claim);
  const entities = readEntities(reader, top.get('entities'), { names, metadata });
  const derived = readDerived(reader, top.get('derived'), names);
  const catalogue: FeatureCatalogue = {
    metadata,
    amounts,
    entities,
    derived: derived.map((entry) => entry.feature),
  };
  if (reader.problems.length === 0) checkDerivedExpressions(reader, catalogue, derived);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  return { ok: true, value: catalogue };
}

/** Every signal has one name: transaction fields, metadata and features share one space. */
class NameRegister {
  private readonly owners = new Map<string, string>(
    transactionFields.map((field) => [field.name, 'a transaction field']),
  );

  constructor(private readonly reader: YamlReader) {
    this.owners.set(SCORE, "the model's score");
  }

  /** Notes a name, or a problem when it is taken or malformed. */
  readonly claim = (entry: YamlEntry, name: string, owner: string): void => {
    if (!NAME.test(name)) {
      const fix = 'use letters, digits and underscores, a letter first, at most 64';
      this.reader.add(entry.keyNode, `"${name}" is no name for ${owner}`, fix);
      return;
    }
    const taken = this.owners.get(name);
    if (taken !== undefined) {
      this.reader.add(entry.keyNode, `"${name}" is already ${taken}`, 'choose another name');
      return;
    }
    this.owners.set(name, owner);
  };
}

function readMetadata(
  reader: YamlReader,
  section: YamlEntry | undefined,
  names: NameRegister,
): MetadataField[] {
  if (section === undefined) return [];
  const fields: MetadataField[] = [];
  for (const entry of reader.entries(section.value, 'metadata')) {
    names.claim(entry, entry.key, 'a metadata field');
    const what = `type of metadata ${entry.key}`;
    const type = reader.choice(entry, what, metadataTypes);
    if (type === null) continue;
    fields.push({ name: entry.key, type, description: `metadata.${entry.key}` });
  }
  return fields;
}

interface EntityContext {
  readonly names: NameRegister;
  readonly metadata: readonly MetadataField[];
}

function readEntities(
  reader: YamlReader,
  section: YamlEntry | undefined,
  context: EntityContext,
): EntityDefinition[] {
  if (section === undefined) return [];
  const signals = new SignalSchema(buildSchema(context.metadata, []));
  const entities: EntityDefinition[] = [];
  for (const entry of reader.entries(section.value, 'entities')) {
    if (!ENTITY_NAME.test(entry.key)) {
      const fix = 'use lower-case letters, digits and underscores, at most 32';
      reader.add(entry.keyNode, `"${entry.key}" is no name for an entity`, fix);
    }
    const entity = readEntity(reader, entry, { ...context, signals });
    if (entity !== null) entities.push(entity);
  }
  return entities;
}

function readEntity(
  reader: YamlReader,
  entry: YamlEntry,
  context: EntityContext & { readonly signals: SignalSchema },
): EntityDefinition | null {
  const what = `entity ${entry.key}`;
  const fields = reader.fields(entry.value, what, ['kind', 'key', 'events', 'features']);
  const kind = reader.choice(fields.get('kind'), 'kind', ['bounded', 'unbounded'] as const);
  if (!fields.has('kind')) {
    reader.add(entry.keyNode, `${what} has no kind`, 'write kind: bounded or kind: unbounded');
  }
  const key = reader.text(fields.get('key'), 'key') ?? entry.key;
  const keySignal = context.signals.definitionOf(key);
  if (keySignal === undefined || !isTextType(keySignal.type)) {
    const texts = context.signals.definitions.filter((signal) => isTextType(signal.type));
    const meant = closestName(
      key,
      texts.map((signal) => signal.name),
    );
    const at = fields.get('key')?.value ?? entry.keyNode;
    const fix = meant === null ? 'use a string or token signal' : `did you mean "${meant}"?`;
    reader.add(at, `${what} is keyed by "${key}", which is no string or token signal`, fix);
  }
  const eventsMax = readEventsMax(reader, fields.get('events'), kind);
  const section = fields.get('features');
  if (section === undefined) {
    reader.add(entry.keyNode, `${what} has no features`, 'add features, or remove the entity');
    return null;
  }
  const features: WindowedFeature[] = [];
  for (const featureEntry of reader.entries(section.value, `features of ${entry.key}`)) {
    context.names.claim(featureEntry, featureEntry.key, 'a feature');
    const feature = readEntityFeature(reader, featureEntry, { kind, signals: context.signals });
    if (feature !== null) features.push(feature);
  }
  return kind === null ? null : { name: entry.key, kind, key, eventsMax, features };
}

function readEventsMax(
  reader: YamlReader,
  entry: YamlEntry | undefined,
  kind: EntityDefinition['kind'] | null,
): number {
  if (entry === undefined) return RING_EVENTS_DEFAULT;
  const events = reader.number(entry, 'events') ?? RING_EVENTS_DEFAULT;
  if (kind === 'unbounded') {
    reader.add(entry.keyNode, 'an unbounded entity keeps no single events', 'remove events');
  }
  if (!Number.isInteger(events) || events < 1 || events > RING_EVENTS_MAX) {
    const fix = `use a whole number from 1 to ${RING_EVENTS_MAX}`;
    reader.add(entry.value, `events is ${events}`, fix);
  }
  return events;
}

interface DerivedEntry {
  readonly feature: DerivedFeature;
  readonly expressionOffset: number;
}

function readDerived(
  reader: YamlReader,
  section: YamlEntry | undefined,
  names: NameRegister,
): DerivedEntry[] {
  if (section === undefined) return [];
  const derived: DerivedEntry[] = [];
  for (const entry of reader.entries(section.value, 'derived')) {
    names.claim(entry, entry.key, 'a derived feature');
    const what = `derived feature ${entry.key}`;
    const fields = reader.fields(entry.value, what, ['expression', 'default', 'description']);
    const expression = reader.text(fields.get('expression'), 'expression');
    if (expression === null) {
      if (!fields.has('expression')) {
        reader.add(entry.keyNode, `${what} has no expression`, 'write expression: amount > 100');
      }
      continue;
    }
    const node = fields.get('expression')?.value;
    derived.push({
      feature: {
        name: entry.key,
        description: reader.text(fields.get('description'), 'description') ?? expression,
        expression,
        defaultValue: reader.number(fields.get('default'), 'default'),
      },
      expressionOffset: node?.range?.[0] ?? 0,
    });
  }
  return derived;
}

function checkDerivedExpressions(
  reader: YamlReader,
  catalogue: FeatureCatalogue,
  derived: readonly DerivedEntry[],
): void {
  const offsets = new Map(derived.map((entry) => [entry.feature.name, entry.expressionOffset]));
  for (const problem of checkDerived(catalogue)) {
    reader.addAt(offsets.get(problem.feature) ?? 0, problem.message, problem.fix);
  }
}
