/** A request with every field set, all values made up. Each call gives a fresh object. */
export function fullDecisionRequest(transactionId: string): Record<string, unknown> {
  return {
    transaction_id: transactionId,
    type: 'card_payment',
    event_time: new Date().toISOString(),
    amount: { value: 4_999, currency: 'EUR' },
    payment_method: {
      type: 'card',
      token: 'tok_5f1c',
      bin: '424242',
      last4: '4242',
      network: 'visa',
      funding: 'credit',
      issuer_country: 'DE',
    },
    customer: {
      id: 'customer-17',
      created_at: '2024-02-03T10:00:00Z',
      email: 'buyer@example.com',
      phone: '+49 30 1234',
      country: 'DE',
    },
    counterparty: { id: 'receiver-3', country: 'FR' },
    merchant: {
      id: 'merchant-9',
      terminal_id: 'terminal-2',
      mcc: '5732',
      country: 'DE',
      latitude: 52.5,
      longitude: 13.4,
    },
    device: {
      id: 'device-8',
      ip: '203.0.113.7',
      ip_country: 'DE',
      user_agent: 'Mozilla/5.0',
      session_id: 'session-4',
    },
    billing: { line1: '1 Street', city: 'Berlin', postal_code: '10115', country: 'DE' },
    shipping: { city: 'Berlin', postal_code: '10117', country: 'DE', latitude: 52, longitude: 13 },
    authentication: { three_ds: 'authenticated', avs: 'match', cvv: 'match' },
    metadata: { basket_items: 3, gift: false, channel: 'web' },
    options: { dry_run: false, include: [] },
  };
}

/** The least that is accepted. */
export function leastDecisionRequest(transactionId: string): Record<string, unknown> {
  return { transaction_id: transactionId, amount: { value: 100, currency: 'EUR' } };
}
