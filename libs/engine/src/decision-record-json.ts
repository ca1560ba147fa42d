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
  const rest = JSON.stringify({ v: 1, ...head });
  const strings = stringsJson(record.strings);
  const numbers = numbersJson(record.numbers);
  const fields = `"strings":${strings},"numbers":${numbers}${REPLY_FIELD}${replyJson}`;
  return `${rest.slice(0, -1)},${fields}}`;
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

/** Absent strings are left out. */
function stringsJson(values: readonly (string | null)[]): string {
  let text = '{';
  for (let slot = 0; slot < values.length; slot += 1) {
    const value = values[slot]!;
    if (value !== null) text += `${text === '{' ? '' : ','}"${slot}":${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

/**
 * Every number with the bits that it was judged with. A quarter of the time of JSON.stringify over
 * a copy.
 */
function numbersJson(values: Float64Array): string {
  let text = '[';
  for (let slot = 0; slot < values.length; slot += 1) {
    const value = values[slot]!;
    const isPlain = Number.isFinite(value) && !Object.is(value, -0);
    text += `${slot === 0 ? '' : ','}${isPlain ? value : oddNumberJson(value)}`;
  }
  return `${text}]`;
}

/** NaN is a missing signal; an infinite one is not, and 1 / -0 is not 1 / 0. */
function oddNumberJson(value: number): string {
  if (Number.isNaN(value)) return 'null';
  return value === 0 ? '-0' : `"${value}"`;
}

/** The signals of a record, as they were judged. */
export function signalsOfRecord(stored: Pick<DecisionRecord, 'numbers' | 'strings'>): SignalRecord {
  const strings: (string | null)[] = stored.numbers.map(() => null);
  for (const [slot, value] of Object.entries(stored.strings)) strings[Number(slot)] = value;
  return { numbers: Float64Array.from(stored.numbers, numberOf), strings };
}

function numberOf(stored: DecisionRecord['numbers'][number]): number {
  return stored === null ? Number.NaN : Number(stored);
}
