// Version 00 of W3C Trace Context; a later version may append fields, which are ignored (section
// 4.3 of the standard).
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED_FLAG = 1;

/** Where a request stands in a trace that began elsewhere. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/**
 * Reads a `traceparent` header; null for anything that the standard calls invalid, which is then
 * ignored.
 */
export function parseTraceparent(header: string | string[] | undefined): TraceParent | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  if (match === null) {
    return null;
  }
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match;
  const invalid =
    version === 'ff' ||
    (version === '00' && rest !== undefined) ||
    /^0+$/.test(traceId) ||
    /^0+$/.test(spanId);
  if (invalid) {
    return null;
  }
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED_FLAG) !== 0 };
}

/** The `traceparent` that a call made from here carries. */
export function formatTraceparent(parent: TraceParent): string {
  return `00-${parent.traceId}-${parent.spanId}-${parent.sampled ? '01' : '00'}`;
}
