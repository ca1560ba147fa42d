import { z } from 'zod';
import type { DecisionReply } from '#contracts/decision-reply.js';
import { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import { readLines } from '../cli/read-table.js';
import { LineWriter } from '../cli/line-writer.js';
import { UserError } from '../cli/user-error.js';

/** What the API answered to a payment, as the log in Postgres should hold it. */
const DecisionEntry = z.strictObject({
  type: z.literal('decision'),
  decision_id: z.uuid(),
  transaction_id: z.string(),
  event_time: z.iso.datetime(),
  decision: z.string(),
  probability: z.number().nullable(),
  ruleset: z.string(),
  model: z.string().nullable(),
  degraded: z.string(),
  hits: z.array(z.string()).describe('Sorted; those without effect end in ?'),
  arms: z.array(z.string()).describe('experiment/arm, sorted'),
});
const LabelEntry = z.strictObject({
  type: z.literal('label'),
  id: z.uuid().describe('Of the receipt'),
  label: LabelRequest,
});
const OutcomeEntry = z.strictObject({
  type: z.literal('outcome'),
  id: z.uuid().describe('Of the receipt'),
  decision_id: z.uuid(),
  outcome: OutcomeRequest,
});
const Entry = z.discriminatedUnion('type', [DecisionEntry, LabelEntry, OutcomeEntry]);
export type Entry = z.infer<typeof Entry>;

/** What a replay was answered and told the API, as lines of JSON in the order of answers. */
export class ExchangeLog {
  private constructor(private readonly writer: LineWriter) {}

  /** @param goesOn Adds to a file of an interrupted replay; what is in it twice counts once. */
  static async open(path: string, goesOn: boolean): Promise<ExchangeLog> {
    return new ExchangeLog(await LineWriter.open(path, goesOn));
  }

  /** Returns a promise only when the caller should wait for the file to catch up. */
  write(entry: Entry): Promise<unknown> | undefined {
    return this.writer.write(JSON.stringify(entry));
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}

export function decisionEntry(reply: DecisionReply, eventTimeMs: number): Entry {
  const { model } = reply;
  return {
    type: 'decision',
    decision_id: reply.decision_id,
    transaction_id: reply.transaction_id,
    event_time: new Date(eventTimeMs).toISOString(),
    decision: reply.decision,
    probability: reply.fraud_probability,
    ruleset: reply.policy.version,
    model: model === null ? null : `${model.id}/${model.version}`,
    degraded: reply.degraded.level,
    hits: reply.rules
      .filter(({ outcome }) => outcome === 'hit')
      .map(({ id, applied }) => (applied ? id : `${id}?`))
      .toSorted(),
    arms: (reply.experiments ?? []).map(({ id, arm }) => `${id}/${arm}`).toSorted(),
  };
}

/** Reads a file of `ExchangeLog`. */
export async function* readExchanges(path: string): AsyncGenerator<Entry, void, undefined> {
  let line = 0;
  for await (const text of readLines(path)) {
    line += 1;
    const parsed = Entry.safeParse(parseJson(text));
    if (!parsed.success) {
      const advice = 'name a file that npm run replay wrote with --log';
      throw new UserError(`${path}: line ${line} is no exchange with the API`, advice);
    }
    yield parsed.data;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
