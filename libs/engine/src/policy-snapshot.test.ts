import { expect, test } from 'vitest';
import { builtInReasons } from '#contracts/reason-codes.js';
import {
  smallFolder,
  smallPlan,
  smallPolicy,
  smallRuleset,
  testPseudonymizer,
} from '#testing/small-policy.js';
import { buildPolicySnapshot } from './policy-snapshot.js';

const plan = smallPlan();

function problemsOf(ruleset: string, cases: string | null = null): readonly string[] {
  const folder = smallFolder(ruleset, cases);
  const built = buildPolicySnapshot(folder, plan.schema, testPseudonymizer.pseudonym);
  return built.ok ? [] : built.problems;
}

const header = 'name,like,given,expected_decision,expected_rules';

test('a snapshot words the reasons of the engine and its own', () => {
  const { reasonTexts, version } = smallPolicy(plan);
  expect(version).toBe('small-1');
  expect(reasonTexts.get('ODD')).toEqual({
    message: 'An odd channel',
    public_message: 'We are checking.',
  });
  expect([...reasonTexts.keys()]).toEqual(expect.arrayContaining(Object.keys(builtInReasons)));
});

test('a ruleset whose cases hold comes into force', () => {
  const cases = `${header}\nan odd one,,channel=odd; amount=1; currency=EUR; score=0.01,review,odd hidden`;
  expect(problemsOf(smallRuleset, cases)).toEqual([]);
});

test('a ruleset that decides a case otherwise than its author expected does not', () => {
  const cases = `${header}\nan odd one,,channel=odd; amount=1; currency=EUR; score=0.01,approve,odd hidden`;
  expect(problemsOf(smallRuleset, cases)).toEqual([
    expect.stringMatching(/^cases\.csv:2: an odd one: .*approve.*review|review.*approve/),
  ]);
});

test('an expression over a signal that is not there is refused with its place and the likely name', () => {
  const [problem, ...others] = problemsOf(smallRuleset.replace('card_count_1h', 'card_cuont_1h'));
  expect(others).toEqual([]);
  expect(problem).toMatch(/ruleset\.yaml:\d+:\d+.*card_cuont_1h.*card_count_1h/s);
});

test('everything that is wrong with lists and rules is said at once', () => {
  const folder = {
    ...smallFolder(smallRuleset.replace('id: small', 'id: "not an id"')),
    lists: [{ name: 'blocked_cards.csv', text: 'value\nx\n' }],
  };
  const built = buildPolicySnapshot(folder, plan.schema, testPseudonymizer.pseudonym);
  expect(built.ok ? [] : built.problems.map((problem) => problem.split(':')[0])).toEqual([
    'blocked_cards.csv',
    'ruleset.yaml',
  ]);
});

test('a folder without a ruleset is refused', () => {
  const folder = { ...smallFolder(), files: [] };
  const built = buildPolicySnapshot(folder, plan.schema, testPseudonymizer.pseudonym);
  expect(built).toMatchObject({ ok: false });
});
