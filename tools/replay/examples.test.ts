import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { notDegraded } from '#decision/degradation.js';
import { judge } from '#engine/judge.js';
import { runCases } from '#rules/run-cases.js';
import { readPlan, readPolicy } from './offline-artifacts.js';
import { findFiles } from './replay-files.js';

const root = resolve(import.meta.dirname, '../..');
const pseudonym = (kind: string, value: string): string => `${kind}:${value}`;

describe.each(['handbook', 'sparkov'])('the example %s', (name) => {
  test('compiles, and its rules decide its cases as expected, each rule in at least one', async () => {
    const example = resolve(root, 'examples', name);
    const files = await findFiles({ example, ruleset: true, model: true });
    const plan = await readPlan(files.featuresFile);
    const { listFolder } = files;
    const policy = await readPolicy({ ...files, pseudonymKey: Buffer.alloc(32) }, plan, pseudonym);
    if (policy === null) throw new Error('an example has a ruleset');
    const report = runCases(policy.ruleset, {
      schema: plan.schema,
      pseudonym,
      decide: ({ record, score }) => {
        const input = {
          probability: score,
          degradation: notDegraded,
          transactionId: 'case',
          scoreSlot: plan.schema.size - 1,
        };
        return judge(policy, record, input).verdict.decision;
      },
    });
    expect(report.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.uncoveredRules).toEqual([]);
  });
});
