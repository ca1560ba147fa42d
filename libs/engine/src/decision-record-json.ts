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
  // NaN becomes null, as the schema wants it.
  const numbers = JSON.stringify(Array.from(record.numbers));
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

/** The signals of a record, as they were judged. */
export function signalsOfRecord(stored: DecisionRecord): SignalRecord {
  const strings: (string | null)[] = stored.numbers.map(() => null);
  for (const [slot, value] of Object.entries(stored.strings)) strings[Number(slot)] = value;
  return { numbers: Float64Array.from(stored.numbers, (value) => value ?? Number.NaN), strings };
}
