import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignalRecord } from '#contracts/signals.js';
import {
  expressionSchema as schema,
  records,
  ruleConditions,
} from '#testing/random-expressions.js';

import { compileRuleset } from './compile-ruleset.js';
import type { CompiledRuleset } from './compiled-ruleset.js';
import type { Lists } from './list-file.js';
import { parseRuleset } from './parse-ruleset.js';

interface RandomRule {
  readonly when: string;
  readonly action: string;
  readonly mode: string;
  readonly onUnknown: string;
  readonly score: number;
}

const random = fc.record<RandomRule>({
  when: ruleConditions({ presence: true, lists: ['even'] }),
  action: fc.constantFrom('allow', 'challenge', 'review', 'decline', 'tag'),
  mode: fc.constantFrom('active', 'shadow', 'rollout', 'draft', 'paused'),
  onUnknown: fc.constantFrom('skip', 'fire', 'review'),
  score: fc.integer({ min: -50, max: 50 }),
});

const has = (value: string) => value.length % 2 === 0;
const even = { name: 'even', kind: 'card', tokenKind: 'card', entryCount: 0, bytes: 0, has };
function listsWith(ask: (value: string) => boolean): Lists {
  return {
    names: () => ['even'],
    find: (name) => (name === 'even' ? { ...even, has: ask } : undefined),
  };
}

/** Rules that stand alone, then as many as rows of a table that takes the first. */
function compile(
  rules: readonly RandomRule[],
  rows: readonly RandomRule[],
  lists: Lists = listsWith(has),
): CompiledRuleset | null {
  const ruleset = {
    id: 'random',
    lists: ['even'],
    reason_codes: { SOME: { message: 'a', public_message: 'b' } },
    rules: rules.map(({ when, action, mode, onUnknown, score }, index) => ({
      id: `rule-${index}`,
      when,
      action,
      reason: 'SOME',
      mode,
      score,
      rollout_percent: 50,
      on_unknown: onUnknown,
      tags: [`tag-${index % 3}`],
    })),
    tables: [
      {
        id: 'table',
        hit: 'first',
        on_unknown: 'fire',
        rows: rows.map(({ when, action, score }) => ({ when, action, reason: 'SOME', score })),
      },
    ],
    policy: { segments: [{ name: 'all' }], stand_in: { default: { approve_up_to: 0 } } },
  };
  // JSON is YAML.
  const parsed = parseRuleset([{ name: 'ruleset.yaml', text: JSON.stringify(ruleset) }]);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const compiled = compileRuleset(parsed.value, schema, lists);
  return compiled.ok ? compiled.value : null;
}

/** The same from the trace, which asks each rule by its own closure. */
function fromTrace(compiled: CompiledRuleset, record: SignalRecord, unit: string) {
  const traces = compiled.trace(record, unit);
  const applied = traces.filter((trace) => trace.applied);
  return {
    hits: traces
      .filter(({ rule, outcome, applied: effect, shadowedByTable }) => {
        const acts = outcome === 'unknown' && rule.onUnknown !== 'skip' && !shadowedByTable;
        return outcome === 'hit' || effect || acts;
      })
      .map(({ rule, outcome, applied: effect }) => [rule.id, outcome, effect]),
    scoreDelta: applied.reduce((sum, { rule }) => sum + rule.scoreDelta, 0),
    tags: new Set(applied.flatMap(({ rule }) => rule.tags)),
  };
}

describe('a compiled ruleset', () => {
  test('finds the hits, points and tags that asking every rule by itself finds', () => {
    const some = fc.array(random, { maxLength: 12 });
    let compared = 0;
    fc.assert(
      fc.property(some, some, records(true), fc.string(), (rules, rows, record, unit) => {
        const compiled = compile(rules, rows);
        if (compiled === null) return;
        compared += 1;
        const { hits, scoreDelta, tags, failures } = compiled.evaluate(record, unit);
        expect({
          hits: hits.map((hit) => [hit.rule.id, hit.outcome, hit.applied]),
          scoreDelta,
          tags: new Set(tags),
        }).toEqual(fromTrace(compiled, record, unit));
        expect(failures).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test('a rule that fails has no effect and is named, and all others are asked', () => {
    const rule = { action: 'decline', mode: 'active', onUnknown: 'skip', score: 1 };
    const sources = ['a > 0', 'in_list("even", card)', 'b > 0', 'in_list("even", card)', 'c > 0'];
    const broken = listsWith(() => {
      throw new Error('the list is gone');
    });
    const rules = sources.map((when) => ({ ...rule, when }));
    const record = schema.emptyRecord();
    record.numbers.fill(1);
    record.strings.fill('x');
    const { hits, failures, scoreDelta } = compile(rules, [], broken)!.evaluate(record, 'unit');
    expect(hits.map((hit) => hit.rule.id)).toEqual(['rule-0', 'rule-2', 'rule-4']);
    expect(scoreDelta).toBe(3);
    expect(failures).toEqual([
      { ruleId: 'rule-1', message: 'the list is gone' },
      { ruleId: 'rule-3', message: 'the list is gone' },
    ]);
  });
});
