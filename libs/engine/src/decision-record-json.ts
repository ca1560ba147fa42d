import type { DecisionRecord } from '#contracts/journal-record.js';
import type { SignalRecord } from '#contracts/signals.js';

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
  return `${rest.slice(0, -1)},"numbers":${numbers},"reply":${replyJson}}`;
}

/** The signals of a record, as they were judged. */
export function signalsOfRecord(stored: DecisionRecord): SignalRecord {
  const strings: (string | null)[] = stored.numbers.map(() => null);
  for (const [slot, value] of Object.entries(stored.strings)) strings[Number(slot)] = value;
  return { numbers: Float64Array.from(stored.numbers, (value) => value ?? Number.NaN), strings };
}
