import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { compilePredicate } from '#expression/compile.js';
import { functionSpecs, specialFunctions } from '#expression/functions.js';

const reference = await readFile('docs/reference/rules.md', 'utf8');

test('the reference names every function as it is used', () => {
  const usages = [...functionSpecs.values()].map((spec) => spec.usage);
  expect(usages.filter((usage) => !reference.includes(`\`${usage}\``))).toEqual([]);
  expect(specialFunctions.filter((name) => !reference.includes(`\`${name}(`))).toEqual([]);
});

test('the conditions of the reference compile', async () => {
  const plan = await readFeaturePlan('rules/features.yaml');
  if (!plan.ok) throw new Error(plan.problems.join('\n'));
  const { schema } = plan.value;
  const lists = {
    names: () => ['disposable_email_domains'],
    find: (name: string) => ({ name, kind: 'string', tokenKind: null, has: () => false }),
  };
  const block = /```cel\n([^`]+)```/.exec(reference)?.[1] ?? '';
  const conditions = block.trim().split('\n');
  expect(conditions.length).toBeGreaterThan(5);
  const refused = conditions.filter((text) => !compilePredicate(text, { schema, lists }).ok);
  expect(refused).toEqual([]);
});
