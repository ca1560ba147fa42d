import { z } from 'zod';
import {
  DecisionRecord,
  LabelRecord,
  OutcomeRecord,
  ShadowRecord,
  TallyRecord,
} from '#contracts/journal-record.js';

/** A record of the log as it was shipped. */
export interface LogRecord {
  readonly sequence: number;
  /** When it was appended, epoch ms. */
  readonly timeMs: number;
  readonly type: 'decision' | 'outcome' | 'label' | 'shadow' | 'tally';
  /** JSON of the record of that type in contracts. */
  readonly text: string;
}

/** A decision of the log; what is not asked for by column stays in `text`. */
export interface LoggedDecision {
  readonly sequence: number;
  readonly createdAtMs: number;
  readonly fields: z.infer<typeof DecisionFields>;
  readonly text: string;
}

/** What shadows would have decided; the part of the record that has columns. */
export type LoggedShadow = z.infer<typeof ShadowRecord>;

/** A record that cannot be stored as what it says it is. */
export interface DeadLetter {
  readonly record: LogRecord;
  readonly reason: string;
}

/** The records of a batch by kind. */
export interface LogBatch {
  readonly decisions: readonly LoggedDecision[];
  readonly outcomes: readonly z.infer<typeof OutcomeRecord>[];
  readonly labels: readonly z.infer<typeof LabelRecord>[];
  readonly shadows: readonly LoggedShadow[];
  readonly tallies: readonly TallyRecord[];
  readonly deadLetters: readonly DeadLetter[];
}

/** The part of a decision's record that has columns: reading all of it would take longer. */
const DecisionFields = DecisionRecord.pick({
  api_key_id: true,
  event_time_ms: true,
  versions: true,
  probability: true,
  degradation: true,
  traffic: true,
}).extend({
  // Two of hundreds of values are read: checking each would cost more than all the rest.
  numbers: z.custom<DecisionRecord['numbers']>(Array.isArray, 'is no array'),
  strings: z.custom<DecisionRecord['strings']>(isObject, 'is no object'),
  reply: DecisionRecord.shape.reply.pick({
    decision_id: true,
    transaction_id: true,
    decision: true,
    risk_score: true,
    rules: true,
    timings: true,
    created_at: true,
  }),
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Sorts records by kind; those that are not what they should be become dead letters. */
export function logBatchOf(records: readonly LogRecord[]): LogBatch {
  const decisions: LoggedDecision[] = [];
  const outcomes: z.infer<typeof OutcomeRecord>[] = [];
  const labels: z.infer<typeof LabelRecord>[] = [];
  const shadows: LoggedShadow[] = [];
  const tallies: TallyRecord[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const record of records) {
    try {
      const value: unknown = JSON.parse(record.text);
      if (record.type === 'decision') decisions.push(decisionOf(record, value));
      else if (record.type === 'outcome') outcomes.push(OutcomeRecord.parse(value));
      else if (record.type === 'shadow') shadows.push(ShadowRecord.parse(value));
      else if (record.type === 'tally') tallies.push(TallyRecord.parse(value));
      else labels.push(LabelRecord.parse(value));
    } catch (error) {
      deadLetters.push({ record, reason: reasonOf(error) });
    }
  }
  return { decisions, outcomes, labels, shadows, tallies, deadLetters };
}

function decisionOf({ sequence, text }: LogRecord, value: unknown): LoggedDecision {
  const fields = DecisionFields.parse(value);
  return { sequence, createdAtMs: Date.parse(fields.reply.created_at), fields, text };
}

/** Where it is wrong, never with what value: payloads are the callers' data. */
function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return 'not JSON';
  return error.issues
    .map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
    .join('; ');
}
