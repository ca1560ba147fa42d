import { z } from 'zod';

type JsonSchema = Record<string, unknown>;

const LOCAL = '#/$defs/';
const SHARED = '#/components/schemas/';

function withSharedReferences(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withSharedReferences);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) =>
      key === '$ref' && typeof entry === 'string'
        ? [key, entry.replace(LOCAL, SHARED)]
        : [key, withSharedReferences(entry)],
    ),
  );
}

/** Takes out what zod adds and a reader of the document would be misled by. */
function tidy(schema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) {
    delete schema.minimum;
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) {
    delete schema.maximum;
  }
  // Replies may gain fields; a client that was generated from a closed schema would refuse them.
  if (io === 'output' && schema.additionalProperties === false) {
    delete schema.additionalProperties;
  }
}

/** The schemas of a document: those with an id become components and are referred to. */
export class OpenApiSchemas {
  readonly components: Record<string, JsonSchema> = {};

  /** `input` is what a caller sends (defaults optional), `output` what it receives. */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _dialect,
      $defs: definitions = {},
      id: _id,
      ...own
    } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      override: ({ jsonSchema }) => tidy(jsonSchema, io),
    }) as JsonSchema & {
      $defs?: Record<string, JsonSchema>;
    };
    for (const [name, definition] of Object.entries(definitions)) {
      this.add(name, definition);
    }
    const name = schema.meta()?.id;
    if (name === undefined) {
      return withSharedReferences(own) as JsonSchema;
    }
    this.add(name, own);
    return { $ref: `${SHARED}${name}` };
  }

  private add(name: string, definition: JsonSchema): void {
    const { id: _id, ...own } = definition;
    this.components[name] ??= withSharedReferences(own) as JsonSchema;
  }
}
