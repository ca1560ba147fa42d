import { DecisionRequest } from '#contracts/decision-request.js';
import type { RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { buildPolicySnapshot, type PolicySnapshot } from '#engine/policy-snapshot.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';

/** A catalogue small enough to know by heart: one ring, one derived feature, one own field. */
export const smallCatalogue = `format: tollgate-features/1
metadata: { items: number, channel: string }
entities:
  card:
    kind: bounded
    key: card
    features:
      card_count_1h: { aggregate: count, window: 1h }
      card_declines_1h: { aggregate: decline_count, window: 1h }
      card_frauds_1h: { aggregate: fraud_count, window: 1h, default: 0 }
derived:
  amount_per_item: { expression: amount / items }
`;

export function smallPlan(version = 'small'): FeaturePlan {
  const parsed = parseCatalogue(smallCatalogue, 'features.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return buildFeaturePlan(parsed.value, version);
}

/** One rule of each kind; which ones hit is steered by the metadata field `channel`. */
export const smallRuleset = `id: small
lists: [blocked_cards]
reason_codes:
  BLOCKED: { message: The card is blocked, public_message: Please use another card. }
  TRUSTED: { message: A trusted channel, public_message: Accepted. }
  MANY_CARDS: { message: Too many payments, public_message: Please confirm. }
  ODD: { message: An odd channel, public_message: We are checking. }
rules:
  - { id: trusted, when: channel == "trusted", action: allow, reason: TRUSTED }
  - { id: blocked, when: 'in_list("blocked_cards", card)', action: decline, reason: BLOCKED }
  - { id: many, when: card_count_1h >= 3, action: challenge, reason: MANY_CARDS, score: 50 }
  - { id: odd, name: Odd channel, when: channel == "odd", action: review, reason: ODD, tags: [odd] }
  - { id: hidden, when: channel == "odd", action: decline, reason: ODD, mode: shadow }
  - { id: bulky, when: items > 10, action: review, reason: ODD }
policy:
  segments:
    - { name: all, challenge: 300, review: 600, decline: 900 }
  challenge_method: otp
  review_hold: true
  stand_in:
    EUR: { approve_up_to: 50, challenge_up_to: 250, otherwise: review }
    default: { approve_up_to: 0, challenge_up_to: 0, otherwise: review }
`;

export const smallLists = [
  { name: 'blocked_cards.csv', text: '# kind: card\nvalue,expires_at,reason\nstolen,,x\n' },
];

/** A ruleset as it would be read from disk. */
export function smallFolder(ruleset = smallRuleset, cases: string | null = null): RulesetFolder {
  const files = [{ name: 'ruleset.yaml', text: ruleset }];
  if (cases !== null) files.push({ name: 'cases.csv', text: cases });
  return { files, lists: smallLists, version: 'small-1' };
}

export const testPseudonymizer = new Pseudonymizer(Buffer.alloc(32, 7));

export function smallPolicy(plan: FeaturePlan, ruleset = smallRuleset): PolicySnapshot {
  const { pseudonym } = testPseudonymizer;
  const built = buildPolicySnapshot(smallFolder(ruleset), plan.schema, pseudonym);
  if (!built.ok) throw new Error(built.problems.join('\n'));
  return built.value;
}

/** A request as the controller hands it on, changed as the test wants. */
export function parsedRequest(change: Record<string, unknown> = {}): DecisionRequest {
  return DecisionRequest.parse({
    transaction_id: 'pay-1',
    amount: { value: 2_000, currency: 'EUR' },
    payment_method: { token: 'card-1' },
    ...change,
  });
}
