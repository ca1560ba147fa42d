import { hash } from 'node:crypto';
import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';

/**
 * The id of a label, made from what it says: sent again, it is the same label. Times are compared
 * as times, not as they were written.
 */
export function labelIdOf(label: LabelRequest): string {
  return contentId([
    'label',
    label.transaction_id,
    label.source,
    label.label,
    label.reason_code ?? null,
    epochMs(label.occurred_at),
    epochMs(label.reported_at),
    label.amount?.value ?? null,
    label.amount?.currency ?? null,
  ]);
}

/** The id of an outcome, made from what it says, like that of a label. */
export function outcomeIdOf(decisionId: string, outcome: OutcomeRequest): string {
  return contentId(['outcome', decisionId, outcome.outcome, epochMs(outcome.occurred_at)]);
}

/** The first 32 bits of an id: enough to tell the labels of one event apart. */
export function shortIdOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

function epochMs(time: string | undefined): number | null {
  return time === undefined ? null : Date.parse(time);
}

/** A UUID of version 8 (RFC 9562, 5.8): 122 bits of SHA-256. */
function contentId(parts: readonly (string | number | null)[]): string {
  const digits = hash('sha256', JSON.stringify(parts), 'hex');
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
