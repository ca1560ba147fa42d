import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { errorCatalogue } from '#contracts/error-catalogue.js';
import { startTinyApp, ThingController, type TinyApp } from '../test/tiny-app.js';
import { serveDocs } from './docs-page.js';
import { OpenApiSchemas } from './openapi-schemas.js';
import { buildOpenApi } from './openapi.js';

interface Operation {
  readonly operationId: string;
  readonly security: object[];
  readonly parameters: object[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { readonly schema: object }> }
  >;
}

const document = buildOpenApi({
  title: 'Tiny',
  version: '1.0.0',
  description: 'For tests',
  controllers: [ThingController],
});
const operation = (path: string, method: string) =>
  document.paths[path]?.[method] as Operation | undefined;
const components = document['components'] as { schemas: Record<string, Record<string, unknown>> };

let tiny: TinyApp;
beforeAll(async () => {
  tiny = await startTinyApp();
  serveDocs(tiny.app, document);
  await tiny.app.init();
});
afterAll(() => tiny.close());

test('described handlers are operations; the others are left out', () => {
  expect(document['openapi']).toBe('3.1.1');
  expect(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item)])).toEqual([
    ['/v1/things/open', ['get']],
    ['/v1/things', ['post']],
    ['/v1/things/hot', ['post']],
  ]);
});

test('schemas with an id are components, and every reference leads to one', () => {
  const references = [
    ...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
  ];
  const names = new Set(references.map((match) => String(match[1])));
  expect([...names].toSorted()).toEqual(['Kept', 'Problem', 'Thing', 'ThingOutput']);
  expect(Object.keys(components.schemas).toSorted()).toEqual([...names].toSorted());
  expect(JSON.stringify(document)).not.toContain('$defs');
});

test('what has a default need not be sent, and is always received', () => {
  expect(components.schemas['Thing']?.['required']).toEqual(['count']);
  expect(components.schemas['ThingOutput']?.['required']).toEqual(['count', 'name']);
});

test('what differs only by what it refers to is two components as well', () => {
  const Inner = z.strictObject({ size: z.int().default(1) }).meta({ id: 'Inner' });
  const Outer = z.object({ inner: Inner }).meta({ id: 'Outer' });
  const Plain = z.object({ text: z.string() }).meta({ id: 'Plain' });
  const schemas = new OpenApiSchemas();
  const used = [Outer, Plain].flatMap((schema) =>
    (['input', 'output'] as const).map((form) => schemas.refer(schema, form)),
  );
  const { part, components: settled } = schemas.settle(used);
  const names = ['Outer', 'OuterOutput', 'Plain', 'Plain'];
  expect(part).toEqual(names.map((name) => ({ $ref: `#/components/schemas/${name}` })));
  expect(settled['OuterOutput']).toMatchObject({
    properties: { inner: { $ref: '#/components/schemas/InnerOutput' } },
  });
});

test('the fields of a query are parameters', () => {
  expect(operation('/v1/things/open', 'get')?.parameters).toMatchObject([
    { name: 'kind', in: 'query', required: true, schema: { enum: ['round', 'square'] } },
    { name: 'limit', in: 'query', required: false, schema: { maximum: 9, default: 3 } },
    { name: 'X-Request-Id', in: 'header' },
  ]);
});

test('requests are closed, replies may gain fields, and whole numbers have no bounds of their own', () => {
  expect(components.schemas['Thing']?.['additionalProperties']).toBe(false);
  expect(components.schemas['Kept']).not.toHaveProperty('additionalProperties');
  expect(components.schemas['Thing']?.['properties']).toMatchObject({
    count: { type: 'integer', maximum: 3 },
  });
  expect(JSON.stringify(document)).not.toContain('9007199254740991');
});

test('scope and key are asked for where they are needed', () => {
  expect(operation('/v1/things/open', 'get')?.security).toEqual([]);
  expect(operation('/v1/things', 'post')).toMatchObject({
    security: [{ bearer: [] }, { apiKey: [] }],
    'x-required-scope': 'label',
  });
});

test('every error that a call can meet stands under its status, as a problem document', () => {
  const responses = operation('/v1/things/hot', 'post')?.responses ?? {};
  expect(Object.keys(responses)).toEqual([
    '200',
    '400',
    '401',
    '403',
    '408',
    '409',
    '413',
    '415',
    '429',
    '500',
    '503',
  ]);
  for (const [status, reply] of Object.entries(responses).filter(([key]) => key !== '200')) {
    expect(reply.content['application/problem+json']?.schema).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    const codes = [...reply.description.matchAll(/`([A-Z_]+)`/g)].map((match) => String(match[1]));
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) {
      expect(String(errorCatalogue[code as keyof typeof errorCatalogue].status)).toBe(status);
    }
  }
  expect(responses['503']?.description).toContain('OVERLOADED');
});

test('the document and a page to try it are served, the page from this server alone', async () => {
  const json = await tiny.app.inject('/openapi.json');
  expect([json.statusCode, json.json<object>()]).toEqual([200, document]);
  const page = await tiny.app.inject('/docs');
  expect(page.statusCode).toBe(200);
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  const assets = [...page.body.matchAll(/(?:src|href)="(\.\/[^"]+\.(?:js|css))"/g)];
  expect(assets.length).toBeGreaterThan(1);
  for (const [, asset = ''] of assets) {
    expect((await tiny.app.inject(asset.replace('./', '/'))).statusCode).toBe(200);
  }
});
