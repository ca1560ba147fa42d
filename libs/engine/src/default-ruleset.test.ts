import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtInReasons } from '#contracts/reason-codes.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan } from '#features/feature-plan.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import { runCases, type CaseReport } from '#rules/run-cases.js';

import { readRulesetFolder } from './artifacts/ruleset-folder.js';
import { caseJudge } from './judge-case.js';
import { buildPolicySnapshot } from './policy-snapshot.js';

const pseudonym = (kind: string, value: string) => `${kind}:${value}`;
let compiled: CompiledRuleset;
let report: CaseReport;

beforeAll(async () => {
  const text = await readFile('rules/features.yaml', 'utf8');
  const catalogue = parseCatalogue(text, 'rules/features.yaml');
  if (!catalogue.ok) throw new Error(JSON.stringify(catalogue.problems));
  const { schema } = buildFeaturePlan(catalogue.value, 'test');
  const folder = await readRulesetFolder('rules/default', 'rules/lists');
  const policy = buildPolicySnapshot(folder, schema, pseudonym);
  if (!policy.ok) throw new Error(policy.problems.join('\n'));
  compiled = policy.value.ruleset;
  report = runCases(compiled, { schema, pseudonym, decide: caseJudge(compiled) });
});

describe('the default ruleset', () => {
  test('gives what its cases expect', () => {
    expect(report.results.filter((result) => !result.passed)).toEqual([]);
    expect(report.results.length).toBeGreaterThan(80);
  });

  test('has a case for every rule', () => {
    expect(report.uncoveredRules).toEqual([]);
  });

  test('uses every reason code it declares, and none of the engine', () => {
    const { reasonCodes, rules } = compiled.ruleset;
    const used = new Set(rules.map((rule) => rule.reason));
    expect([...reasonCodes.keys()].filter((code) => !used.has(code))).toEqual([]);
    expect([...reasonCodes.keys()].filter((code) => code in builtInReasons)).toEqual([]);
  });

  test('tells customers nothing that would help a fraudster', () => {
    const telling = /fraud|test|suspic|rule|score|device|velocity|limit/i;
    const texts = [...compiled.ruleset.reasonCodes.values()].map((code) => code.publicMessage);
    expect(texts.filter((text) => telling.test(text))).toEqual([]);
  });
});
