import type { FastifyRequest } from 'fastify';

/** The id of the API key, as the audit names it. */
export function whoAsks(request: FastifyRequest): string {
  return request.apiKey?.id ?? 'unknown';
}
