import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisions, ruleActions } from '#contracts/decision-reply.js';
import { decide, type AppliedHit, type DecisionInput } from './decide.js';
import { degrade, notDegraded } from './degradation.js';

const hit = (action: AppliedHit['action'], ruleId = action): AppliedHit => ({
  ruleId,
  action,
  reason: `R_${ruleId.toUpperCase()}`,
  byList: false,
});

const input = (over: Partial<DecisionInput> = {}): DecisionInput => ({
  probability: 0.01,
  rules: { hits: [], scoreDelta: 0 },
  thresholds: { challenge: 300, review: 500, decline: 800 },
  standIn: 'approve',
  degradation: notDegraded,
  ...over,
});

describe('precedence', () => {
  test.each([
    [[], 0.01, 'approve'],
    [['challenge'], 0.01, 'challenge'],
    [['challenge', 'review'], 0.01, 'review'],
    [['review', 'decline', 'challenge'], 0.01, 'decline'],
    [['allow', 'decline'], 0.99, 'approve'],
    [['tag'], 0.01, 'approve'],
    [['challenge'], 0.9, 'decline'],
    [[], 0.3, 'challenge'],
    [[], 0.2995, 'challenge'],
    [[], 0.2994, 'approve'],
    [[], 0.5, 'review'],
  ] as const)('hits %j at probability %d give %s', (actions, probability, expected) => {
    const rules = { hits: actions.map((action) => hit(action)), scoreDelta: 0 };
    expect(decide(input({ probability, rules })).decision).toBe(expected);
  });

  test('points from rules move the score, within 0 to 1000', () => {
    const at = (scoreDelta: number) => decide(input({ rules: { hits: [], scoreDelta } }));
    expect(at(295)).toMatchObject({ decision: 'challenge', riskScore: 305 });
    expect(at(5_000)).toMatchObject({ decision: 'decline', riskScore: 1000, riskLevel: 'high' });
    expect(at(-5_000)).toMatchObject({ decision: 'approve', riskScore: 0, riskLevel: 'low' });
  });

  test('a threshold of null never decides', () => {
    const thresholds = { challenge: null, review: null, decline: null };
    expect(decide(input({ probability: 1, thresholds })).decision).toBe('approve');
  });
});

describe('without a score', () => {
  const degradation = degrade(notDegraded, 'rules_only', 'MODEL_TIMEOUT');

  test('the stand-in decides, and the reasons say so', () => {
    const small = decide(input({ probability: null, degradation }));
    expect(small).toMatchObject({ decision: 'approve', riskScore: null, riskLevel: null });
    expect(small.reasons.map((reason) => reason.code)).toEqual([
      'STAND_IN_APPROVE',
      'FALLBACK_MODEL_TIMEOUT',
    ]);
    const large = decide(input({ probability: null, degradation, standIn: 'review' }));
    expect(large.decision).toBe('review');
  });

  test('rules still decline', () => {
    const rules = { hits: [hit('decline')], scoreDelta: 0 };
    expect(decide(input({ probability: null, rules, degradation })).decision).toBe('decline');
  });

  test('an allow hit still overrides', () => {
    const rules = { hits: [hit('allow')], scoreDelta: 0 };
    const verdict = decide(input({ probability: null, rules, degradation, standIn: 'decline' }));
    expect(verdict.decision).toBe('approve');
  });

  test('with neither score nor rules the stand-in policy answers', () => {
    expect(decide(input({ probability: null, rules: null })).decision).toBe('approve');
    expect(decide(input({ probability: null, rules: null, standIn: 'review' })).decision).toBe(
      'review',
    );
  });
});

test('the deciding reasons come first, then the others by severity', () => {
  const hits = [hit('challenge'), hit('decline'), hit('review')];
  const verdict = decide(input({ rules: { hits, scoreDelta: 0 } }));
  expect(verdict.reasons.map((reason) => reason.ruleId)).toEqual([
    'decline',
    'review',
    'challenge',
  ]);
});

test('a list hit names the list as its source', () => {
  const hits = [{ ...hit('decline'), byList: true }];
  expect(decide(input({ rules: { hits, scoreDelta: 0 } })).reasons[0]?.source).toBe('list');
});

test('one more hit that is no allow never makes the decision milder', () => {
  const anyHits = fc.array(fc.constantFrom(...ruleActions).map((action) => hit(action)));
  const anyHarsh = fc.constantFrom('challenge' as const, 'review' as const, 'decline' as const);
  fc.assert(
    fc.property(anyHits, anyHarsh, fc.double({ min: 0, max: 1, noNaN: true }), (hits, extra, p) => {
      const rank = (list: AppliedHit[]) =>
        decisions.indexOf(
          decide(input({ probability: p, rules: { hits: list, scoreDelta: 0 } })).decision,
        );
      expect(rank([...hits, hit(extra)])).toBeGreaterThanOrEqual(rank(hits));
    }),
  );
});

test('degradation keeps its worst level and every cause once', () => {
  const once = degrade(notDegraded, 'rules_only', 'MODEL_TIMEOUT');
  const twice = degrade(once, 'request_only', 'STATE_TIMEOUT');
  expect(degrade(twice, 'request_only', 'STATE_TIMEOUT')).toEqual({
    level: 'rules_only',
    causes: ['MODEL_TIMEOUT', 'STATE_TIMEOUT'],
  });
});
