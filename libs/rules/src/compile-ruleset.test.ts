import { describe, expect, test } from 'vitest';
import { SignalSchema, type SignalRecord } from '#contracts/signals.js';

import { compileRuleset } from './compile-ruleset.js';
import type { CompiledRuleset } from './compiled-ruleset.js';
import { loadLists } from './list-file.js';
import { parseRuleset } from './parse-ruleset.js';
import { formatProblem } from './ruleset-problem.js';
import { runCases } from './run-cases.js';

const schema = new SignalSchema(
  (
    [
      ['event_time', 'timestamp'],
      ['amount', 'number'],
      ['card_tx_count_1h', 'number'],
      ['mcc', 'string'],
      ['card', 'token'],
      ['customer', 'token'],
      ['score', 'number'],
    ] as const
  ).map(([name, type]) => ({ name, type, origin: 'transaction', description: '' })),
);

const pseudonym = (kind: string, value: string) => `${kind}:${value}`;

const yaml = `id: demo
description: a demonstration
lists: [blocked_cards]
reason_codes:
  CARD_TESTING: { message: many attempts, public_message: please try again later }
  BLOCKED: { message: blocked card, public_message: this card cannot be used }
rules:
  - id: card-testing
    when: card_tx_count_1h >= 10 && amount < 5
    action: decline
    reason: CARD_TESTING
    on_unknown: review
    score: 200
    tags: [testing]
  - id: blocked
    when: in_list("blocked_cards", card)
    action: decline
    reason: BLOCKED
  - id: shadowed
    when: amount > 100
    action: review
    reason: CARD_TESTING
    mode: shadow
  - id: rolled
    when: amount > 100
    action: review
    reason: CARD_TESTING
    mode: rollout
    rollout_percent: 50
tables:
  - id: limits
    hit: first
    file: tables/limits.csv
policy:
  segments:
    - { name: small, when: amount < 10, decline: 990 }
    - { name: rest, challenge: 500, review: 700, decline: 900 }
  challenge_method: 3ds
  stand_in:
    EUR: { approve_up_to: 50, challenge_up_to: 200, otherwise: decline }
    default: { approve_up_to: 20 }
`;
const table = `id,mcc,amount,action,reason
groceries,5411 | 5412,> 1000,challenge,CARD_TESTING
any,-,> 2000,review,CARD_TESTING
`;
const cases = `name,card,amount,card_tx_count_1h,expected_decision,expected_rules
clean,good,20,1,approve,
testing,good,1,12,decline,card-testing
on the list,bad,20,1,decline,blocked
`;

function compile(text = yaml): CompiledRuleset {
  const files = [
    { name: 'ruleset.yaml', text },
    { name: 'tables/limits.csv', text: table },
    { name: 'cases.csv', text: cases },
  ];
  const parsed = parseRuleset(files);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const lists = loadLists(
    [
      {
        name: 'lists/blocked_cards.csv',
        text: '# kind: card\nvalue,expires_at\nbad,\nold,2026-01-01\n',
      },
    ],
    { schema, pseudonym },
  );
  if (!lists.ok) throw new Error(lists.problems.map(formatProblem).join('\n'));
  const compiled = compileRuleset(parsed.value, schema, lists.value);
  if (!compiled.ok) throw new Error(compiled.problems.map(formatProblem).join('\n'));
  return compiled.value;
}

function recordOf(values: Readonly<Record<string, number | string>>): SignalRecord {
  const record = schema.emptyRecord();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') record.strings[schema.slotOf(name)!] = value;
    else record.numbers[schema.slotOf(name)!] = value;
  }
  return record;
}

function hits(values: Readonly<Record<string, number | string>>): string[] {
  const { hits: found } = compile().evaluate(recordOf(values), 'tx-1');
  return found.map((hit) => `${hit.rule.id}/${hit.outcome}/${hit.action}`);
}

describe('a ruleset', () => {
  test('yields hits with their action, points and tags', () => {
    const evaluation = compile().evaluate(recordOf({ card_tx_count_1h: 10, amount: 1 }), 'tx-1');
    expect(evaluation.hits.map((hit) => hit.rule.id)).toEqual(['card-testing']);
    expect([evaluation.scoreDelta, evaluation.tags]).toEqual([200, ['testing']]);
  });

  test('acts on unknown conditions as the rule says', () => {
    expect(hits({ card_tx_count_1h: 10 })).toEqual(['card-testing/unknown/review']);
  });

  test('a false part outweighs an unknown one', () => {
    expect(hits({ card_tx_count_1h: 2 })).toEqual([]);
  });

  test('shadow rules are recorded and have no effect', () => {
    const evaluation = compile().evaluate(recordOf({ amount: 150, card_tx_count_1h: 0 }), 'tx-1');
    const shadow = evaluation.hits.find((hit) => hit.rule.id === 'shadowed');
    expect(shadow?.applied).toBe(false);
  });

  test('at most one row of a first table hits, and text columns need no quotes', () => {
    const table5411 = hits({ amount: 3000, mcc: '5411', card_tx_count_1h: 0 });
    expect(table5411.filter((hit) => hit.startsWith('limits'))).toEqual([
      'limits.groceries/hit/challenge',
    ]);
  });

  test('a rollout applies to a sticky share of units', () => {
    const compiled = compile();
    const applied = Array.from({ length: 2_000 }, (_, index) => {
      const record = recordOf({ amount: 150, card_tx_count_1h: 0, customer: `customer-${index}` });
      const first = compiled.evaluate(record, 'tx-1');
      const second = compiled.evaluate(record, 'tx-2');
      expect(second.hits).toEqual(first.hits);
      return first.hits.find((hit) => hit.rule.id === 'rolled')!.applied;
    });
    const share = applied.filter(Boolean).length / applied.length;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.05);
  });

  test('an expired list entry is no longer found', () => {
    const before = { card: 'card:old', event_time: Date.parse('2025-06-01T00:00:00Z') };
    const after = { card: 'card:old', event_time: Date.parse('2026-06-01T00:00:00Z') };
    const quiet = { amount: 20, card_tx_count_1h: 0 };
    expect(hits({ ...quiet, ...before })).toEqual(['blocked/hit/decline']);
    expect(hits({ ...quiet, ...after })).toEqual([]);
  });

  test('the policy picks thresholds by segment and stands in by amount', () => {
    const { policy } = compile();
    expect(policy.segmentOf(recordOf({ amount: 5 })).name).toBe('small');
    expect(policy.segmentOf(recordOf({})).name).toBe('rest');
    expect(policy.standIn('EUR', 100)).toBe('challenge');
    expect(policy.standIn(null, 100)).toBe('review');
  });

  test('the cases run, and rules without a case are named', () => {
    const report = runCases(compile(), {
      schema,
      pseudonym,
      decide: ({ evaluation }) =>
        evaluation.hits.some((hit) => hit.applied && hit.action === 'decline')
          ? 'decline'
          : 'approve',
    });
    expect(report.results.flatMap((result) => result.differences)).toEqual([]);
    expect(report.uncoveredRules).toContain('shadowed');
  });

  test('a trace says which parts were true, false or unknown, with the values', () => {
    const [trace] = compile().trace(recordOf({ card_tx_count_1h: 10 }), 'tx-1');
    expect(trace!.trace.parts).toEqual([
      { text: 'card_tx_count_1h >= 10.0', outcome: 'true', signals: { card_tx_count_1h: 10 } },
      { text: 'amount < 5.0', outcome: 'unknown', signals: { amount: null } },
    ]);
  });

  test('a slip is named with file, line, column, rule and the likely fix', () => {
    const slip = yaml.replace('card_tx_count_1h >= 10 &&', 'card_tx_cout_1h >= 10 &&');
    expect(() => compile(slip)).toThrow(
      'ruleset.yaml:9:11 rule card-testing: unknown feature card_tx_cout_1h; did you mean card_tx_count_1h?',
    );
  });
});
