import { SERVICE_VERSION } from '#config/service-version.js';
import { buildOpenApi, type OpenApiDocument } from '#platform/openapi.js';
import { documentedControllers } from './experiments.module.js';

/** The OpenAPI 3.1 document, served at /openapi.json and kept in docs/api/experiments.json. */
export function openApiDocument(): OpenApiDocument {
  return buildOpenApi({
    title: 'Tollgate experiments API',
    version: SERVICE_VERSION,
    description:
      'What was decided, what came of it, and what should decide: the decision log, experiments, ' +
      'shadows, rollouts and publications.',
    controllers: documentedControllers,
  });
}
