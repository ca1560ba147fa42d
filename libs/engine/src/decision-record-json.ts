import type { DecisionRecord } from '#contracts/journal-record.js';
import type { SignalRecord } from '#contracts/signals.js';

const REPLY_FIELD = ',"reply":';

export interface DecisionRecordInput extends Omit<
  DecisionRecord,
  'v' | 'numbers' | 'strings' | 'reply'
> {
  readonly record: SignalRecord;
  /** The reply as it is sent: a retry gets these bytes again. */
  readonly replyJson: string;
}

/**
 * The journal's text of one decision, a `DecisionRecord`; written by hand so that the reply is not
 * serialised twice.
 */
export function decisionRecordJson(input: DecisionRecordInput): string {
  const { record, replyJson, ...head } = input;
  const strings: Record<string, string> = {};
  record.strings.forEach((value, slot) => {
    if (value !== null) strings[slot] = value;
  });
  const numbers = numbersJson(record.numbers);
  const rest = JSON.stringify({ v: 1, ...head, strings });
  return `${rest.slice(0, -1)},"numbers":${numbers}${REPLY_FIELD}${replyJson}}`;
}

/**
 * The reply out of a decision's record, byte for byte as it was sent; parsing it and writing it
 * again would not keep the order of its fields.
 *
 * @param text The journal's text, as `decisionRecordJson` wrote it: inside its strings a quotation
 *   mark is escaped, so the first place that reads like the field is the field.
 */
export function replyJsonOf(text: string): string {
  const at = text.indexOf(REPLY_FIELD);
  if (at < 0) throw new Error('replyJsonOf: not the text of a decision record');
  return text.slice(at + REPLY_FIELD.length, -1);
}

/** Every number with the bits that it was judged with; NaN, which is missing, becomes null. */
function numbersJson(numbers: Float64Array): string {
  return numbers.some(isLostInJson)
    ? `[${Array.from(numbers, numberJson).join(',')}]`
    : JSON.stringify(Array.from(numbers));
}

/** An infinite derived feature is not a missing one, and 1 / -0 is not 1 / 0. */
function isLostInJson(value: number): boolean {
  return value === Infinity || value === -Infinity || Object.is(value, -0);
}

function numberJson(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return isLostInJson(value) ? `"${value}"` : JSON.stringify(value);
}

/** The signals of a record, as they were judged. */
export function signalsOfRecord(stored: DecisionRecord): SignalRecord {
  const strings: (string | null)[] = stored.numbers.map(() => null);
  for (const [slot, value] of Object.entries(stored.strings)) strings[Number(slot)] = value;
  return { numbers: Float64Array.from(stored.numbers, numberOf), strings };
}

function numberOf(stored: DecisionRecord['numbers'][number]): number {
  return stored === null ? Number.NaN : Number(stored);
}
