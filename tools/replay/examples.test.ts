import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { caseJudge } from '#engine/judge-case.js';
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
    const policy = await readPolicy({ ...files, pseudonymKey: Buffer.alloc(32) }, plan, pseudonym);
    if (policy === null) throw new Error('an example has a ruleset');
    const report = runCases(policy.ruleset, {
      schema: plan.schema,
      pseudonym,
      decide: caseJudge(policy.ruleset),
    });
    expect(report.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.uncoveredRules).toEqual([]);
  });
});
