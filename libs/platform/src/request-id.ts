import { randomUUID } from 'node:crypto';

// Only forms that cannot be anything else (a UUID, a W3C trace id, a ULID) are taken over from a
// caller: the request id goes into logs and error replies, where a card number or an address sent
// as "id" must not turn up.
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The caller's X-Request-Id where it has a known form, else a new UUID. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (
    typeof header === 'string' &&
    (UUID.test(header) || TRACE_ID.test(header) || ULID.test(header))
  ) {
    return header;
  }
  return randomUUID();
}
