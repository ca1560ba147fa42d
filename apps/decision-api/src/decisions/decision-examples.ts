import type { DecisionReply } from '#contracts/decision-reply.js';

/** What the documentation shows and the start-up banner sends. */
export const decisionRequestExample = {
  transaction_id: 'pay_2041',
  amount: { value: 4999, currency: 'EUR' },
  payment_method: { type: 'card', token: 'tok_5f1c', bin: '424242', issuer_country: 'DE' },
  customer: { id: 'c_17', email: 'buyer@example.com', country: 'DE' },
  merchant: { id: 'm_9', mcc: '5732', country: 'DE' },
  device: { id: 'd_8', ip: '203.0.113.7', ip_country: 'DE' },
};

export const decisionReplyExample: DecisionReply = {
  decision_id: '01978f2e-6c1a-7b3c-9a4e-0f5d2c6b7a81',
  transaction_id: 'pay_2041',
  decision: 'approve',
  risk_score: 4,
  fraud_probability: 0.0042,
  risk_level: 'low',
  reasons: [],
  rules: [],
  tags: [],
  model: { id: 'fraud', version: '1', role: 'champion' },
  policy: { id: 'default', version: '5d1c0e' },
  feature_set: { version: '9b7a41' },
  degraded: { value: false, level: 'none', causes: [] },
  warnings: [],
  timings: { total_ms: 2.1, state_ms: 0.9, model_ms: 0.3, rules_ms: 0.04 },
  dry_run: false,
  created_at: '2026-11-23T10:15:00.000Z',
};
