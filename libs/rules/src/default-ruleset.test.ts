import { expect, test } from 'vitest';
import { decisions, type Decision } from '#contracts/decision-reply.js';
import { SignalSchema } from '#contracts/signals.js';
import { transactionFields } from '#contracts/transaction-fields.js';
import { readRulesetFolder } from '#engine/artifacts/ruleset-folder.js';

import { compileRuleset } from './compile-ruleset.js';
import { loadLists } from './list-file.js';
import { parseRuleset } from './parse-ruleset.js';
import { runCases, type CaseSubject } from './run-cases.js';

const score = { name: 'score', type: 'number', path: null, description: '' } as const;
const schema = new SignalSchema(
  [...transactionFields, score].map(({ name, type, description }) => {
    return { name, type, description, origin: 'transaction' };
  }),
);
const pseudonym = (kind: string, value: string) => `${kind}:${value}`;

/** The fixed precedence: an allow hit, else the severest of rules and score. */
function decide({ compiled, record, evaluation, score: probability }: CaseSubject): Decision {
  const actions = evaluation.hits.filter((hit) => hit.applied).map((hit) => hit.action);
  if (actions.includes('allow')) return 'approve';
  const risk = Math.round((probability ?? 0) * 1000 + evaluation.scoreDelta);
  const segment = compiled.policy.segmentOf(record);
  const votes = [...decisions].filter(
    (each) =>
      actions.includes(each as 'review') ||
      (each !== 'approve' && risk >= (segment[each] ?? Infinity)),
  );
  return votes.at(-1) ?? 'approve';
}

test('the default ruleset gives what its cases expect and every rule has a case', async () => {
  const folder = await readRulesetFolder('rules/default', 'rules/lists');
  const parsed = parseRuleset(folder.files);
  const lists = loadLists(folder.lists, { schema, pseudonym });
  if (!parsed.ok || !lists.ok) throw new Error(JSON.stringify([parsed, lists]));
  const compiled = compileRuleset(parsed.value, schema, lists.value);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const report = runCases(compiled.value, { schema, pseudonym, decide });
  expect(report.results.filter((result) => !result.passed)).toEqual([]);
  expect(report.uncoveredRules).toEqual([]);
});
