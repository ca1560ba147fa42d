import 'fastify';
import type { ApiKey } from './api-key-ring.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that authenticated this request; null before that, and on open routes. */
    apiKey: ApiKey | null;
    /** Monotonic ms at which the request was first seen: what deadlines count from. */
    receivedAtMs: number;
  }
}
