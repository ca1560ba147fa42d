import { RequestMethod, type Type } from '@nestjs/common';
import { errorCatalogue, type ErrorCode } from '#contracts/error-catalogue.js';
import { Problem } from '#contracts/problem.js';
import {
  descriptionOf,
  replyOf,
  type HeaderDescription,
  type OperationDescription,
} from './openapi-metadata.js';
import { OpenApiSchemas } from './openapi-schemas.js';
import { scopeOf } from './scope-guard.js';

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly controllers: readonly Type[];
}

export type OpenApiDocument = Readonly<Record<string, unknown>> & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const always: readonly ErrorCode[] = ['INTERNAL', 'SHUTTING_DOWN'];
const withKey: readonly ErrorCode[] = [
  'AUTHENTICATION_MISSING',
  'AUTHENTICATION_INVALID',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_REPLAYED',
  'SCOPE_MISSING',
  'RATE_LIMITED',
];
const withBody: readonly ErrorCode[] = [
  'REQUEST_BODY_NOT_JSON',
  'REQUEST_BODY_TOO_LARGE',
  'REQUEST_MEDIA_TYPE_UNSUPPORTED',
  'REQUEST_INVALID',
  'REQUEST_TIMEOUT',
  'CARD_NUMBER_REFUSED',
];
const withQuery: readonly ErrorCode[] = ['REQUEST_INVALID'];
const withText = withBody.filter(
  (code) => code !== 'REQUEST_BODY_NOT_JSON' && code !== 'CARD_NUMBER_REFUSED',
);
const requestIdHeader: HeaderDescription = {
  name: 'X-Request-Id',
  description: 'The id of this request; a UUID, ULID or trace id that was sent is kept',
};

function header(description: HeaderDescription): [string, object] {
  const schema = description.schema ?? { type: 'string' };
  return [description.name, { description: description.description, schema }];
}

/** Every error reply of an operation, one per status; the codes are in its description. */
function errorReplies(codes: readonly ErrorCode[], problem: object): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const replies = [...byStatus].map(([status, sameStatus]): [string, object] => {
    const retry = sameStatus.some((code) =>
      ['RATE_LIMITED', 'OVERLOADED', 'SHUTTING_DOWN'].includes(code),
    );
    const headers = Object.fromEntries([
      header(requestIdHeader),
      ...(retry ? [header({ name: 'Retry-After', description: 'Seconds to wait' })] : []),
    ]);
    return [
      String(status),
      {
        description: sameStatus
          .map((code) => `\`${code}\`: ${errorCatalogue[code].title}`)
          .join('. '),
        headers,
        content: { 'application/problem+json': { schema: problem } },
      },
    ];
  });
  return Object.fromEntries(replies);
}

function examples(given: Readonly<Record<string, unknown>> | undefined): object {
  return given === undefined
    ? {}
    : {
        examples: Object.fromEntries(
          Object.entries(given).map(([name, value]) => [name, { summary: name, value }]),
        ),
      };
}

function parameters(
  path: string,
  description: OperationDescription,
  schemas: OpenApiSchemas,
): object[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery =
    description.query === undefined
      ? []
      : schemas.fieldsOf(description.query).map((field) => ({ ...field, in: 'query' }));
  const inHeader = [...(description.requestHeaders ?? []), requestIdHeader].map((entry) => ({
    name: entry.name,
    in: 'header',
    required: false,
    description: entry.description,
    schema: entry.schema ?? { type: 'string' },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

/** What a request has to carry, if anything. */
function requestBodyOf(description: OperationDescription, schemas: OpenApiSchemas): object {
  const { body, textBody } = description;
  const content =
    textBody !== undefined
      ? { [textBody.mediaType]: { schema: { type: 'string' }, example: textBody.example } }
      : body !== undefined
        ? {
            'application/json': {
              schema: schemas.refer(body, 'input'),
              ...examples(description.requestExamples),
            },
          }
        : null;
  return content === null ? {} : { requestBody: { required: true, content } };
}

function operationOf(handler: object, path: string, schemas: OpenApiSchemas): object | null {
  const description = descriptionOf(handler);
  const reply = replyOf(handler);
  if (description === undefined || reply === undefined) {
    return null;
  }
  const { body } = description;
  const scope = scopeOf(handler);
  const codes = [
    ...always,
    ...(scope === undefined ? [] : withKey),
    ...(body === undefined ? [] : withBody),
    ...(description.textBody === undefined ? [] : withText),
    ...(description.query === undefined ? [] : withQuery),
    ...(description.errors ?? []),
  ];
  const replyHeaders = [requestIdHeader, ...(description.replyHeaders ?? [])];
  return {
    operationId: description.operationId,
    summary: description.summary,
    ...(description.tag === undefined ? {} : { tags: [description.tag] }),
    ...(description.description === undefined ? {} : { description: description.description }),
    ...(scope === undefined
      ? { security: [] }
      : { security: [{ bearer: [] }, { apiKey: [] }], 'x-required-scope': scope }),
    parameters: parameters(path, description, schemas),
    ...requestBodyOf(description, schemas),
    responses: {
      [String(reply.status)]: {
        description: 'Success',
        headers: Object.fromEntries(replyHeaders.map(header)),
        content: {
          'application/json': {
            schema: schemas.refer(reply.schema, 'output'),
            ...examples(description.replyExamples),
          },
        },
      },
      ...errorReplies(codes, schemas.refer(Problem, 'output')),
    },
  };
}

function metadata<T>(key: 'path' | 'method', target: object): T | undefined {
  return Reflect.getMetadata(key, target) as T | undefined;
}

/** The described handlers of a controller: method, path and operation. */
function operationsOf(
  controller: Type,
  schemas: OpenApiSchemas,
): { readonly path: string; readonly method: string; readonly operation: object }[] {
  const prefix = metadata<string>('path', controller) ?? '';
  const prototype = controller.prototype as Readonly<Record<string, unknown>>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const own = typeof handler === 'function' ? metadata<string>('path', handler) : undefined;
    if (typeof handler !== 'function' || own === undefined) {
      return [];
    }
    const path = `/${prefix}/${own}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
    const operation = operationOf(handler, path, schemas);
    const method = RequestMethod[metadata<RequestMethod>('method', handler) ?? RequestMethod.GET];
    return operation === null
      ? []
      : [{ path: path.replace(/:(\w+)/g, '{$1}'), method: method.toLowerCase(), operation }];
  });
}

/** An OpenAPI 3.1 document of the described handlers, made from their zod schemas. */
export function buildOpenApi(options: OpenApiOptions): OpenApiDocument {
  const schemas = new OpenApiSchemas();
  const described: Record<string, Record<string, unknown>> = {};
  for (const controller of options.controllers) {
    for (const { path, method, operation } of operationsOf(controller, schemas)) {
      described[path] = { ...described[path], [method]: operation };
    }
  }
  const { part: paths, components } = schemas.settle(described);
  return {
    openapi: '3.1.1',
    info: {
      title: options.title,
      version: options.version,
      description: options.description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'tg_<key id>_<secret>' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}
