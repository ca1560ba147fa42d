import 'fastify';
import type { ApiKey } from './api-key-ring.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that authenticated this request; null before that, and on open routes. */
    apiKey: ApiKey | null;
    /** Monotonic ms at which the request was first seen: what deadlines count from. */
    receivedAtMs: number;
    /** Counted by the load shedder, to be given back. */
    isAdmitted: boolean;
    /** Counted as in flight, to be waited for at shutdown. */
    isCounted: boolean;
  }
}
