import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decisions,
  degradationCauses,
  ruleActions,
  type Decision,
  type RuleAction,
} from '#contracts/decision-reply.js';
import { fallbackReasonCode } from '#contracts/reason-codes.js';
import {
  decide,
  RISK_SCORE_MAX,
  type AppliedHit,
  type DecisionInput,
  type ScoreThresholds,
} from './decide.js';
import { degrade, notDegraded } from './degradation.js';

/**
 * The precedence of docs/architecture.md written out: what a rule's action (down) and the score's
 * own vote (across) give together.
 */
const table: Record<RuleAction | 'none', Record<Decision, Decision>> = {
  none: { approve: 'approve', challenge: 'challenge', review: 'review', decline: 'decline' },
  tag: { approve: 'approve', challenge: 'challenge', review: 'review', decline: 'decline' },
  challenge: { approve: 'challenge', challenge: 'challenge', review: 'review', decline: 'decline' },
  review: { approve: 'review', challenge: 'review', review: 'review', decline: 'decline' },
  decline: { approve: 'decline', challenge: 'decline', review: 'decline', decline: 'decline' },
  allow: { approve: 'approve', challenge: 'approve', review: 'approve', decline: 'approve' },
};
const scoreFor: Record<Decision, number> = {
  approve: 0.1,
  challenge: 0.3,
  review: 0.5,
  decline: 0.8,
};

const thresholds: ScoreThresholds = { challenge: 300, review: 500, decline: 800 };
const hitOf = (action: RuleAction, id = 0): AppliedHit => ({
  ruleId: `r${id}`,
  action,
  reason: action === 'tag' ? null : `R${id}`,
  byList: false,
});
const inputOf = (over: Partial<DecisionInput>): DecisionInput => ({
  probability: 0.1,
  rules: { hits: [], scoreDelta: 0 },
  thresholds,
  standIn: 'approve',
  degradation: notDegraded,
  ...over,
});

const pairs = Object.entries(table).flatMap(([action, row]) =>
  decisions.map((vote) => [action as RuleAction | 'none', vote, row[vote]] as const),
);

test.each(pairs)(
  'a rule that says %s and a score that says %s give %s',
  (action, vote, expected) => {
    const hits = action === 'none' ? [] : [hitOf(action)];
    const rules = { hits, scoreDelta: 0 };
    expect(decide(inputOf({ probability: scoreFor[vote], rules })).decision).toBe(expected);
  },
);

test.each(pairs)('a rule that says %s and a stand-in of %s give %s', (action, vote, expected) => {
  const rules = { hits: action === 'none' ? [] : [hitOf(action)], scoreDelta: 0 };
  const input = inputOf({ probability: null, standIn: vote, rules });
  expect(decide(input).decision).toBe(expected);
});

const anyHits = fc.array(
  fc.tuple(fc.constantFrom(...ruleActions), fc.nat(20)).map(([action, id]) => hitOf(action, id)),
  { maxLength: 8 },
);
const anyBound = fc.option(fc.integer({ min: 0, max: 1000 }));
const anyInput: fc.Arbitrary<DecisionInput> = fc.record(
  {
    probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    rules: fc.option(
      fc.record(
        { hits: anyHits, scoreDelta: fc.integer({ min: -2000, max: 2000 }) },
        { noNullPrototype: true },
      ),
    ),
    thresholds: fc.record(
      { challenge: anyBound, review: anyBound, decline: anyBound },
      { noNullPrototype: true },
    ),
    standIn: fc.constantFrom(...decisions),
    degradation: fc
      .array(fc.constantFrom(...degradationCauses))
      .map((causes) => causes.reduce((d, c) => degrade(d, 'rules_only', c), notDegraded)),
  },
  { noNullPrototype: true },
);
const severity = (decision: Decision): number => decisions.indexOf(decision);

function withHits(input: DecisionInput, more: readonly AppliedHit[]): DecisionInput {
  const { hits = [], scoreDelta = 0 } = input.rules ?? {};
  return { ...input, rules: { hits: [...hits, ...more], scoreDelta } };
}

test('a hit that declines always declines, but under an allow', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { hits } = withHits(input, []).rules!;
      const allowed = hits.some((hit) => hit.action === 'allow');
      const { decision } = decide(withHits(input, [hitOf('decline')]));
      expect(decision).toBe(allowed ? 'approve' : 'decline');
    }),
  );
});

test('a further hit that is no allow never makes a decision milder', () => {
  const anyHarsher = fc.constantFrom(...ruleActions.filter((action) => action !== 'allow'));
  fc.assert(
    fc.property(anyInput, anyHarsher, (input, action) => {
      const before = decide(withHits(input, [])).decision;
      const after = decide(withHits(input, [hitOf(action)])).decision;
      expect(severity(after)).toBeGreaterThanOrEqual(severity(before));
    }),
  );
});

test('an allow approves whatever else is true', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      expect(decide(withHits(input, [hitOf('allow')])).decision).toBe('approve');
    }),
  );
});

test('the order of the hits decides nothing', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { hits, scoreDelta } = withHits(input, []).rules!;
      const turned = { ...input, rules: { hits: hits.toReversed(), scoreDelta } };
      const { decision, riskScore, riskLevel } = decide(withHits(input, []));
      expect(decide(turned)).toMatchObject({ decision, riskScore, riskLevel });
    }),
  );
});

test('a higher probability never makes a decision milder where thresholds ascend', () => {
  const anyPair = fc.tuple(...([0, 1].map(() => fc.double({ min: 0, max: 1, noNaN: true })) as []));
  fc.assert(
    fc.property(anyPair, anyHits, (pair: readonly number[], hits) => {
      const [low = 0, high = 0] = pair.toSorted((a, b) => a - b);
      const at = (probability: number) =>
        severity(decide(inputOf({ probability, rules: { hits, scoreDelta: 0 } })).decision);
      expect(at(high)).toBeGreaterThanOrEqual(at(low));
    }),
  );
});

test('a risk score is a whole number from 0 to 1000, or null with the probability', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { riskScore, riskLevel } = decide(input);
      const isScore =
        Number.isInteger(riskScore) && riskScore! >= 0 && riskScore! <= RISK_SCORE_MAX;
      expect(isScore).toBe(input.probability !== null);
      expect([riskScore === null, riskLevel === null]).toEqual([!isScore, !isScore]);
    }),
  );
});

test('every decision but an approval has a reason that led to it, and it comes first', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { decision, reasons } = decide(input);
      fc.pre(decision !== 'approve');
      const [first] = reasons;
      const alone = decide({
        ...input,
        probability: first?.ruleId === undefined ? input.probability : 0,
        thresholds:
          first?.ruleId === undefined
            ? input.thresholds
            : { challenge: null, review: null, decline: null },
        rules: {
          hits: (input.rules?.hits ?? []).filter((hit) => hit.ruleId === first?.ruleId),
          scoreDelta: input.rules?.scoreDelta ?? 0,
        },
      });
      expect(severity(alone.decision)).toBeGreaterThanOrEqual(severity(decision));
    }),
  );
});

test('every cause of a degradation is among the reasons, last and once', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const codes = decide(input).reasons.map((reason) => reason.code);
      const { causes } = input.degradation;
      expect(codes.slice(codes.length - causes.length)).toEqual(causes.map(fallbackReasonCode));
    }),
  );
});

test('without rules and without a score the stand-in alone decides', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { decision } = decide({ ...input, probability: null, rules: null });
      expect(decision).toBe(input.standIn);
    }),
  );
});
