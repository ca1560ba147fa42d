import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

type JsonSchema = Record<string, unknown>;
/** `input` is what a caller sends (defaults optional), `output` what it receives. */
export type SchemaForm = 'input' | 'output';

interface Definition {
  readonly form: SchemaForm;
  readonly name: string;
  /** It refers to others by `#/$defs/<name>`. */
  readonly schema: JsonSchema;
}

const LOCAL = '#/$defs/';
const SHARED = '#/components/schemas/';
/** A reference whose form is known, and whose component's name is not yet. */
const UNSETTLED = /^#\/(input|output)\/(.+)$/;

/** Takes out what zod adds and a reader of the document would be misled by. */
function tidy(schema: z.core.JSONSchema.BaseSchema, form: SchemaForm): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) {
    delete schema.minimum;
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) {
    delete schema.maximum;
  }
  // Replies may gain fields; a client that was generated from a closed schema would refuse them.
  if (form === 'output' && schema.additionalProperties === false) {
    delete schema.additionalProperties;
  }
}

/** A copy in which every reference leads where `lead` says. */
function withReferences(value: unknown, lead: (reference: string) => string): unknown {
  if (Array.isArray(value)) {
    return value.map((entry) => withReferences(entry, lead));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) =>
      key === '$ref' && typeof entry === 'string'
        ? [key, lead(entry)]
        : [key, withReferences(entry, lead)],
    ),
  );
}

function referredIn(value: unknown): string[] {
  const names: string[] = [];
  withReferences(value, (reference) => {
    names.push(reference.slice(LOCAL.length));
    return reference;
  });
  return names;
}

/**
 * The schemas of a document: those with an id become components and are referred to. One that is
 * sent and received in different forms (a default, a closed object) becomes two.
 */
export class OpenApiSchemas {
  private readonly definitions = new Map<string, Definition>();

  /** The schema, or a reference to it, for a document that is settled at the end. */
  refer(schema: z.ZodType, form: SchemaForm): JsonSchema {
    const {
      $schema: _dialect,
      $defs: definitions = {},
      id: _id,
      ...own
    } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io: form,
      override: ({ jsonSchema }) => tidy(jsonSchema, form),
    }) as JsonSchema & {
      $defs?: Record<string, JsonSchema>;
    };
    for (const [name, definition] of Object.entries(definitions)) {
      this.add(form, name, definition);
    }
    const name = schema.meta()?.id;
    if (name === undefined) {
      return this.unsettled(form, own) as JsonSchema;
    }
    this.add(form, name, own);
    return { $ref: `#/${form}/${name}` };
  }

  /** The parameters of a query: the schema's fields. */
  fieldsOf(schema: z.ZodType): { name: string; required: boolean; schema: JsonSchema }[] {
    const { properties = {}, required = [] } = this.refer(schema, 'input') as {
      properties?: Record<string, JsonSchema>;
      required?: readonly string[];
    };
    return Object.entries(properties).map(([name, field]) => ({
      name,
      required: required.includes(name),
      schema: field,
    }));
  }

  /** Gives the references of a document's part their components, and these. */
  settle<T>(part: T): { readonly part: T; readonly components: Record<string, JsonSchema> } {
    const apart = this.differing();
    const nameOf = (form: string, name: string): string =>
      form === 'output' && apart.has(name) ? `${name}Output` : name;
    const settled = (value: unknown): unknown =>
      withReferences(value, (reference) => {
        const [, form = '', name = ''] = UNSETTLED.exec(reference) ?? [];
        return `${SHARED}${nameOf(form, name)}`;
      });
    const components: Record<string, JsonSchema> = {};
    for (const { form, name, schema } of this.definitions.values()) {
      components[nameOf(form, name)] = settled(this.unsettled(form, schema)) as JsonSchema;
    }
    return { part: settled(part) as T, components };
  }

  /** The names that stand for two schemas: by what they say, or by what they refer to. */
  private differing(): ReadonlySet<string> {
    const pairs = [...this.definitions.values()]
      .filter(({ form }) => form === 'input')
      .flatMap(({ name, schema: input }) => {
        const output = this.definitions.get(`output ${name}`)?.schema;
        return output === undefined ? [] : [{ name, input, output }];
      });
    const apart = new Set<string>();
    for (let before = -1; before < apart.size;) {
      before = apart.size;
      for (const { name, input, output } of pairs) {
        const isApart = referredIn(input).some((other) => apart.has(other));
        if (isApart || !isDeepStrictEqual(input, output)) apart.add(name);
      }
    }
    return apart;
  }

  private unsettled(form: SchemaForm, value: unknown): unknown {
    return withReferences(value, (reference) => reference.replace(LOCAL, `#/${form}/`));
  }

  private add(form: SchemaForm, name: string, { id: _id, ...schema }: JsonSchema): void {
    const key = `${form} ${name}`;
    if (!this.definitions.has(key)) this.definitions.set(key, { form, name, schema });
  }
}
