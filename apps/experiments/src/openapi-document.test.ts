import { expect, test } from 'vitest';
import { openApiDocument } from './openapi-document.js';

const { paths } = openApiDocument();
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    operation: operation as Readonly<Record<string, unknown>>,
  })),
);

test('every route is described', () => {
  expect(operations.map(({ route }) => route).toSorted()).toEqual([
    'DELETE /v1/demoted-rules/{id}',
    'DELETE /v1/shadows/{id}',
    'GET /v1/audit',
    'GET /v1/decisions',
    'GET /v1/decisions/{id}',
    'GET /v1/experiments',
    'GET /v1/experiments/{id}',
    'GET /v1/experiments/{id}/analysis',
    'GET /v1/exploration/estimate',
    'GET /v1/label-maturity',
    'GET /v1/rollouts',
    'GET /v1/rollouts/{id}',
    'GET /v1/shadows/{id}/report',
    'GET /v1/traffic-plan',
    'POST /v1/experiments',
    'POST /v1/experiments/{id}/start',
    'POST /v1/experiments/{id}/stop',
    'POST /v1/experiments/{id}/weights',
    'POST /v1/rollouts',
    'POST /v1/rollouts/{id}/commands',
    'PUT /v1/champion',
    'PUT /v1/exploration',
    'PUT /v1/models',
    'PUT /v1/rulesets',
    'PUT /v1/shadows/{id}',
  ]);
});

test('what changes something needs the scope publish, what tells something the scope read', () => {
  for (const { route, operation } of operations) {
    const scope = route.startsWith('GET') ? 'read' : 'publish';
    expect([route, operation['x-required-scope']]).toEqual([route, scope]);
  }
});

test('operations have names of their own', () => {
  const names = operations.map(({ operation }) => operation['operationId']);
  expect(new Set(names).size).toBe(names.length);
});
