import type { ShippedRecord } from '#journal/shipped-record.js';
import { eventIdOf } from '#engine/decision-id.js';
import { eventIdHex, type EventId } from '#features/event-id.js';

const DECISION_ID = '"decision_id":"';
const DECISION_ID_LENGTH = 36;
const EVENT_DECISION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The key of a record: its payment's event id (ADR 0016), so that a decision, its outcomes, its
 * labels and what shadows made of it are in one partition, in order. Null for tallies and for
 * what is not as it should be, which may go anywhere.
 *
 * @param eventIdOfTransaction  The keyed hash of a transaction's id, which labels name.
 */
export function recordKey(
  { type, text }: ShippedRecord,
  eventIdOfTransaction: (transactionId: string) => EventId,
): Buffer | null {
  const eventId =
    type === 'label' ? eventOfLabel(text, eventIdOfTransaction) : eventOfDecisionIn(text);
  return eventId === null ? null : Buffer.from(eventIdHex(eventId), 'hex');
}

/**
 * A text that a caller sent cannot pass for the member: in JSON its quotes are escaped. Parsing a
 * decision of 4 KB for these 36 characters would cost more than all the rest of shipping it.
 */
function eventOfDecisionIn(text: string): EventId | null {
  const at = text.indexOf(DECISION_ID);
  if (at < 0) return null;
  const start = at + DECISION_ID.length;
  const id = text.slice(start, start + DECISION_ID_LENGTH);
  return EVENT_DECISION_ID.test(id) ? eventIdOf(id) : null;
}

function eventOfLabel(
  text: string,
  eventIdOfTransaction: (transactionId: string) => EventId,
): EventId | null {
  try {
    const { label } = JSON.parse(text) as { label?: { transaction_id?: unknown } };
    const id = label?.transaction_id;
    return typeof id === 'string' ? eventIdOfTransaction(id) : null;
  } catch {
    return null; // Whoever reads it sets it aside.
  }
}
