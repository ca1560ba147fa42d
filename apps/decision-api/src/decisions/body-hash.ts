import { hash } from 'node:crypto';
import type { DecisionRequest } from '#contracts/decision-request.js';

const LENGTH = 22; // 132 bits.

/**
 * Tells a repeated request from another one under the same idempotency key. Of the body as
 * validated, which has its fields in the order of the schema: neither spaces nor the order in which
 * a caller wrote its fields make another body.
 */
export function bodyHashOf(body: DecisionRequest): string {
  const { metadata } = body;
  // The only part that the schema does not order.
  const ordered = metadata === undefined ? body : { ...body, metadata: sorted(metadata) };
  return hash('sha256', JSON.stringify(ordered), 'base64url').slice(0, LENGTH);
}

function sorted<T>(entries: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
}
