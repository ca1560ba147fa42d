import { describe, expect, test } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import { degrade, notDegraded } from '#decision/degradation.js';
import { computeFeatures } from '#features/vector.js';
import { parsedRequest, smallPlan, smallPolicy, testPseudonymizer } from '#testing/small-policy.js';
import { composeReply } from './compose-reply.js';
import { judge } from './judge.js';
import { prepareTransaction } from './prepare.js';

const plan = smallPlan();
const policy = smallPolicy(plan);

function reply(
  change: Record<string, unknown> = {},
  score: number | null = 0.01,
  by = policy,
): DecisionReply {
  const request = parsedRequest(change);
  const prepared = prepareTransaction(plan, testPseudonymizer, request, 0);
  computeFeatures(plan, prepared.record, [], 0);
  const missing = degrade(notDegraded, 'rules_only', 'MODEL_TIMEOUT');
  const judgement = judge(by.ruleset, prepared.record, {
    probability: score,
    degradation: score === null ? missing : notDegraded,
    transactionId: request.transaction_id,
    scoreSlot: plan.schema.size - 1,
  });
  const composed = composeReply({
    request,
    prepared,
    plan,
    policy: by,
    judgement,
    probability: score,
    model: score === null ? null : { id: 'fraud', version: '1', role: 'champion' },
    modelReasons: score === 0.95 ? [{ code: 'M_1', source: 'model', message: 'velocity' }] : [],
    decisionId: '01978f2e-6c1a-7b3c-9a4e-0f5d2c6b7a81',
    createdAtMs: 1_000,
    timings: { total_ms: 1, state_ms: 0, model_ms: 0, rules_ms: 0 },
  });
  return DecisionReply.strict().parse(composed);
}

const odd = { metadata: { channel: 'odd' } };
const include = (...what: string[]) => ({ options: { include: what } });

test('an approval has no reasons, no action to take, and says by what it was decided', () => {
  expect(reply()).toMatchObject({
    decision: 'approve',
    risk_score: 10,
    risk_level: 'low',
    reasons: [],
    rules: [],
    model: { id: 'fraud', version: '1', role: 'champion' },
    policy: { id: 'small', version: 'small-1' },
    feature_set: { version: 'small' },
    created_at: '1970-01-01T00:00:01.000Z',
  });
  expect(Object.keys(reply())).not.toEqual(expect.arrayContaining(['challenge']));
});

test('a challenge says by what method, a review whether to hold', () => {
  expect(reply({}, 0.4)).toMatchObject({ decision: 'challenge', challenge: { method: 'otp' } });
  expect(reply({}, 0.4)).not.toHaveProperty('review');
  expect(reply(odd)).toMatchObject({ decision: 'review', review: { hold: true } });
  expect(reply(odd)).not.toHaveProperty('challenge');
});

test('every reason is worded for staff and for the customer, the model behind the others', () => {
  expect(reply(odd, 0.95).reasons).toEqual([
    {
      code: 'SCORE_DECLINE',
      source: 'policy',
      message: expect.stringContaining('decline threshold'),
      public_message: expect.any(String),
    },
    {
      code: 'ODD',
      source: 'rule',
      rule_id: 'odd',
      message: 'An odd channel',
      public_message: 'We are checking.',
    },
    { code: 'M_1', source: 'model', message: 'velocity' },
  ]);
});

test('a hit of a list names the list as its source', () => {
  const { reasons } = reply({ payment_method: { token: 'stolen' } });
  expect(reasons.map(({ code, source }) => [code, source])).toEqual([['BLOCKED', 'list']]);
});

test('what was missing is said as level, cause and reason', () => {
  const degraded = reply({}, null);
  expect(degraded).toMatchObject({
    fraud_probability: null,
    risk_score: null,
    risk_level: null,
    model: null,
    degraded: { value: true, level: 'rules_only', causes: ['MODEL_TIMEOUT'] },
  });
  expect(degraded.reasons.map(({ code }) => code)).toEqual([
    'STAND_IN_APPROVE',
    'FALLBACK_MODEL_TIMEOUT',
  ]);
  expect(degraded.reasons.every((reason) => reason.public_message !== undefined)).toBe(true);
});

describe('rules in the reply', () => {
  test('are those that hit, with their tags and without effect where they have none', () => {
    const { rules, tags } = reply(odd);
    expect(
      rules.map(({ id, name, action, outcome, applied }) => [id, name, action, outcome, applied]),
    )
      // prettier-ignore
      .toEqual([
        ['odd', 'Odd channel', 'review', 'hit', true],
        ['hidden', 'hidden', 'decline', 'hit', false],
      ]);
    expect([rules[0]?.tags, tags]).toEqual([['odd'], ['odd']]);
  });

  test('are all of them on request, in the order of the ruleset', () => {
    const { rules } = reply({ ...odd, ...include('rules') });
    expect(rules.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'trusted no_hit',
      'blocked no_hit',
      'many no_hit',
      'odd hit',
      'hidden hit',
      'bulky no_hit',
    ]);
    expect(rules[2]?.score_delta).toBe(50);
  });

  test('say why on request: those that hit, or with rules all of them', () => {
    expect(reply({ ...odd, ...include('trace') }).rules.map((rule) => rule.id)).toEqual([
      'odd',
      'hidden',
    ]);
    const { rules } = reply({ ...odd, ...include('trace', 'rules') });
    expect(rules.find((rule) => rule.id === 'bulky')).toMatchObject({ outcome: 'unknown' });
    expect(rules.every((rule) => rule.trace !== undefined)).toBe(true);
  });
});

test('a trace that fails costs its explanation, never the decision', () => {
  const ruleset = Object.assign(Object.create(policy.ruleset) as typeof policy.ruleset, {
    trace: () => {
      throw new Error('a fault');
    },
  });
  const broken = { ...policy, ruleset };
  const { decision, rules } = reply({ ...odd, ...include('trace') }, 0.01, broken);
  expect(decision).toBe('review');
  expect(rules.map(({ id, trace }) => [id, trace])).toEqual([
    ['odd', undefined],
    ['hidden', undefined],
  ]);
});

test('features are named on request only; what is missing is null, what is counted is a number', () => {
  expect(reply()).not.toHaveProperty('features');
  const { features } = reply({ ...include('features'), metadata: { items: 4 } });
  expect(features).toEqual({
    card_count_1h: null,
    card_declines_1h: null,
    card_frauds_1h: 0,
    amount_per_item: 5,
  });
});
