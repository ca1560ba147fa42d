import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCases } from '#rules/run-cases.js';
import { decideOffline } from './offline-decide.js';
import { readPlan, readRules } from './offline-artifacts.js';
import { findFiles } from './replay-files.js';

const root = resolve(import.meta.dirname, '../..');
const pseudonym = (kind: string, value: string): string => `${kind}:${value}`;

describe.each(['handbook', 'sparkov'])('the example %s', (name) => {
  test('compiles, and its rules decide its cases as expected, each rule in at least one', async () => {
    const example = resolve(root, 'examples', name);
    const files = await findFiles({ example, ruleset: true, model: true });
    const plan = await readPlan(files.featuresFile);
    const { listFolder } = files;
    const rules = await readRules(files.rulesetFolder ?? '', { listFolder, plan, pseudonym });
    const report = runCases(rules, {
      schema: plan.schema,
      pseudonym,
      decide: ({ record, score }) => {
        const amount = { value: 0, currency: 'USD' };
        const request = { transaction_id: 'case', type: 'card_payment', amount } as const;
        const item = { row: 0, request, timeMs: 0, isFraud: null, label: null };
        const scoreSlot = plan.schema.slotOf('score') ?? -1;
        const { decision } = decideOffline(
          rules,
          { item, record },
          { probability: score, scoreSlot },
        );
        return decision ?? 'approve';
      },
    });
    expect(report.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.uncoveredRules).toEqual([]);
  });
});
