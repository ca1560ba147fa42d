import type { EventId } from '#features/event-id.js';

const RANDOM_TAIL_BITS = 10n;
const WORD_BITS = 32n;
const WORD_MASK = (1n << WORD_BITS) - 1n;

/**
 * Makes the UUIDv7 (RFC 9562, section 5.7) of a decision. Its 74 free bits hold the 64-bit event id
 * and 10 random bits, so that an outcome, which names the decision only, finds the transaction's
 * events without an index.
 *
 * @param eventId    The keyed hash of the transaction id, 64 bits.
 * @param randomTail Any integer; its lowest 10 bits tell apart decisions on one transaction in one
 *   millisecond.
 */
export function makeDecisionId(timeMs: number, eventId: EventId, randomTail: number): string {
  const free =
    (((BigInt(eventId.high) << WORD_BITS) | BigInt(eventId.low)) << RANDOM_TAIL_BITS) |
    BigInt.asUintN(Number(RANDOM_TAIL_BITS), BigInt(Math.trunc(randomTail)));
  const randA = (free >> 62n).toString(16).padStart(3, '0');
  const randB = ((free & ((1n << 62n) - 1n)) | (0b10n << 62n)).toString(16).padStart(16, '0');
  const time = Math.trunc(timeMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${randB.slice(0, 4)}-${randB.slice(4)}`;
}

/** Takes the event id out of a decision's id. The id must be a UUIDv7 made by `makeDecisionId`. */
export function eventIdOf(decisionId: string): EventId {
  const hex = decisionId.replaceAll('-', '');
  const randA = BigInt(`0x${hex.slice(13, 16)}`);
  const randB = BigInt(`0x${hex.slice(16)}`) & ((1n << 62n) - 1n);
  const eventId = ((randA << 62n) | randB) >> RANDOM_TAIL_BITS;
  return { high: Number(eventId >> WORD_BITS), low: Number(eventId & WORD_MASK) };
}
