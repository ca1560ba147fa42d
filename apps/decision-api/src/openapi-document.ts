import { SERVICE_VERSION } from '#config/service-version.js';
import { buildOpenApi, type OpenApiDocument } from '#platform/openapi.js';
import { documentedControllers } from './decision-api.module.js';

/** The OpenAPI 3.1 document, served at /openapi.json and kept in docs/api/decision-api.json. */
export function openApiDocument(): OpenApiDocument {
  return buildOpenApi({
    title: 'Tollgate decision API',
    version: SERVICE_VERSION,
    description:
      'May this transaction go through? One call inside the authorisation, answered in under 50 ms ' +
      'with a decision and its reasons, whatever fails around it.',
    controllers: documentedControllers,
  });
}
