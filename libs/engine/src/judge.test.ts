import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignalRecord } from '#contracts/signals.js';
import { degrade, notDegraded } from '#decision/degradation.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import {
  parsedRequest,
  smallPlan,
  smallPolicy,
  smallRuleset,
  testPseudonymizer,
} from '#testing/small-policy.js';
import { judge } from './judge.js';
import { prepareTransaction } from './prepare.js';

const plan = smallPlan();
const { ruleset } = smallPolicy(plan);
const scoreSlot = plan.schema.size - 1;

function recordOf(change: Record<string, unknown> = {}): SignalRecord {
  return prepareTransaction(plan, testPseudonymizer, parsedRequest(change), 0).record;
}

function judged(
  change: Record<string, unknown>,
  probability: number | null = 0.01,
  by: CompiledRuleset = ruleset,
) {
  const missing = degrade(notDegraded, 'rules_only', 'MODEL_TIMEOUT');
  const degradation = probability === null ? missing : notDegraded;
  const input = { probability, degradation, transactionId: 'pay-1', scoreSlot };
  const { verdict, ...rest } = judge(by, recordOf(change), input);
  return { decision: verdict.decision, reasons: verdict.reasons.map((r) => r.code), ...rest };
}

const channel = (name: string) => ({ metadata: { channel: name } });
const card = (token: string) => ({ payment_method: { token } });

interface Judged {
  readonly change: Record<string, unknown>;
  readonly score?: number;
  readonly decision: string;
  readonly reasons: readonly string[];
}

const cases: Record<string, Judged> = {
  'nothing odd': { change: {}, decision: 'approve', reasons: [] },
  'a high score': { change: {}, score: 0.95, decision: 'decline', reasons: ['SCORE_DECLINE'] },
  'a listed card': { change: card('stolen'), decision: 'decline', reasons: ['BLOCKED'] },
  'an odd channel': { change: channel('odd'), decision: 'review', reasons: ['ODD'] },
  'an odd channel and a high score': {
    change: channel('odd'),
    score: 0.95,
    decision: 'decline',
    reasons: ['SCORE_DECLINE', 'ODD'],
  },
  'a trusted channel with a listed card and a high score': {
    change: { ...channel('trusted'), ...card('stolen') },
    score: 0.95,
    decision: 'approve',
    reasons: ['TRUSTED', 'BLOCKED', 'SCORE_DECLINE'],
  },
};

test.each(Object.entries(cases))('%s: rules and score decide together', (_name, wanted) => {
  const { change, score, decision, reasons } = wanted;
  expect(judged(change, score ?? 0.01)).toMatchObject({ decision, reasons });
});

test('a shadow rule is seen in the evaluation and changes nothing', () => {
  const { decision, reasons, evaluation } = judged(channel('odd'));
  expect(evaluation?.hits.map(({ rule, applied }) => [rule.id, applied])).toEqual([
    ['odd', true],
    ['hidden', false],
  ]);
  expect([decision, reasons]).toEqual(['review', ['ODD']]);
});

test('whatever a transaction is, a rule in shadow leaves its verdict as it would be without', () => {
  const line = /^ {2}- \{ id: hidden,.*\n/m;
  expect(smallRuleset).toMatch(line);
  const without = smallPolicy(plan, smallRuleset.replace(line, '')).ruleset;
  const anyChange = fc.record({
    amount: fc.record({ value: fc.nat(100_000), currency: fc.constantFrom('EUR', 'SEK') }),
    payment_method: fc.record({ token: fc.constantFrom('card-1', 'stolen') }),
    metadata: fc.record({ channel: fc.constantFrom('odd', 'trusted', 'web'), items: fc.nat(20) }),
  });
  const anyScore = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(anyChange, anyScore, (change, score) => {
      const { evaluation: _with, ...shadowed } = judged(change, score);
      const { evaluation: _without, ...plain } = judged(change, score, without);
      expect(shadowed).toEqual(plain);
    }),
  );
});

test('a missing signal makes no rule true', () => {
  expect(judged({}).evaluation?.hits).toEqual([]);
  expect(judged({ metadata: { items: 11 } }).evaluation?.hits).toHaveLength(1);
});

describe('without a score', () => {
  test.each([
    [5_000, 'approve'],
    [5_001, 'challenge'],
    [25_000, 'challenge'],
    [25_001, 'review'],
  ])('an amount of %d minor units is decided by the stand-in: %s', (value, decision) => {
    const result = judged({ amount: { value, currency: 'EUR' } }, null);
    expect(result.decision).toBe(decision);
    expect(result.reasons.at(-1)).toBe('FALLBACK_MODEL_TIMEOUT');
  });

  test('another currency has its own stand-in', () => {
    expect(judged({ amount: { value: 1, currency: 'SEK' } }, null).decision).toBe('review');
  });

  test('rules decide as ever', () => {
    expect(judged(card('stolen'), null).decision).toBe('decline');
  });
});

test('rules that fail as a whole are no reason to approve: the amount decides, and it is said', () => {
  const broken = Object.create(ruleset, {
    evaluate: {
      value: () => {
        throw new Error('cannot be');
      },
    },
  }) as CompiledRuleset;
  const result = judged({ amount: { value: 90_000, currency: 'EUR' } }, 0.01, broken);
  expect(result).toMatchObject({
    decision: 'review',
    evaluation: null,
    degradation: { level: 'static_policy', causes: ['RULES_FAILED'] },
  });
});

test('the score is a signal of the rules, and missing where there is none', () => {
  const record = recordOf();
  const input = { degradation: notDegraded, transactionId: 'pay-1', scoreSlot };
  judge(ruleset, record, { ...input, probability: 0.25 });
  expect(record.numbers[scoreSlot]).toBe(0.25);
  judge(ruleset, record, { ...input, probability: null });
  expect(record.numbers[scoreSlot]).toBeNaN();
});
