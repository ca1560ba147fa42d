import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { OpenApiDocument } from './openapi.js';

/**
 * Serves the document at /openapi.json, and a page to try it out at /docs, from local assets only.
 */
export function serveDocs(nest: NestFastifyApplication, document: OpenApiDocument): void {
  SwaggerModule.setup('docs', nest, document as unknown as OpenAPIObject, {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Tollgate API',
    raw: ['json'],
    swaggerOptions: {
      persistAuthorization: false,
      tryItOutEnabled: true,
      displayOperationId: false,
    },
  });
}
