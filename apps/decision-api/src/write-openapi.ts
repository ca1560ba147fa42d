import 'reflect-metadata';
import { keepOpenApi } from '#platform/keep-openapi.js';
import { openApiDocument } from './openapi-document.js';

await keepOpenApi('decision-api', openApiDocument());
