import type { DecisionReply } from '#contracts/decision-reply.js';
import { readJournal } from '#journal/read-journal.js';
import { replyJsonOf } from '#engine/decision-record-json.js';

/** The recorded decisions, in order: transaction id and the reply as it was sent. */
export async function readDecisionTexts(journalFolder: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const records = readJournal(journalFolder, {
    types: ['decision'],
    onProblem: (problem) => {
      throw new Error(`the journal is damaged: ${problem.message}`);
    },
  });
  for await (const { payload } of records) {
    const text = replyJsonOf(payload.toString('utf8'));
    found.push([(JSON.parse(text) as DecisionReply).transaction_id, text]);
  }
  return found;
}
