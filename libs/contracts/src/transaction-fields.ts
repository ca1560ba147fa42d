import type { SignalType } from './signals.js';

/**
 * A field of the request that rules, features and models may use. `token` fields are hashed at the
 * door.
 */
export interface TransactionField {
  readonly name: string;
  readonly type: SignalType;
  /** Where it stands in the request body; null when it is derived from others. */
  readonly path: string | null;
  readonly description: string;
}

const field = (
  name: string,
  type: SignalType,
  path: string | null,
  description: string,
): TransactionField => ({ name, type, path, description });

export const transactionFields: readonly TransactionField[] = [
  field('transaction_type', 'string', 'type', 'card_payment, transfer, payout, …'),
  field('event_time', 'timestamp', 'event_time', 'when the payment was attempted'),
  field('amount_minor', 'number', 'amount.value', 'the amount in minor units'),
  field('amount', 'number', null, 'the amount in major units of its currency'),
  field('currency', 'string', 'amount.currency', 'ISO 4217'),
  field('payment_method_type', 'string', 'payment_method.type', 'card, wallet, bank_account, …'),
  field('card', 'token', 'payment_method.token', 'the card or account, as a keyed hash'),
  field('card_bin', 'string', 'payment_method.bin', 'the first six to eight digits'),
  field('card_network', 'string', 'payment_method.network', 'visa, mastercard, …'),
  field('card_funding', 'string', 'payment_method.funding', 'credit, debit, prepaid, unknown'),
  field('card_country', 'string', 'payment_method.issuer_country', 'where the card was issued'),
  field('customer', 'token', 'customer.id', 'the customer, as a keyed hash'),
  field('customer_age_days', 'number', null, 'days since customer.created_at'),
  field('customer_country', 'string', 'customer.country', 'the country of the account'),
  field('email', 'token', 'customer.email', 'the address in lower case, as a keyed hash'),
  field('email_domain', 'string', null, 'what follows the @, in lower case'),
  field('phone', 'token', 'customer.phone', 'the telephone number, as a keyed hash'),
  field('counterparty', 'token', 'counterparty.id', 'who receives the money, as a keyed hash'),
  field('counterparty_country', 'string', 'counterparty.country', 'where the receiver is'),
  field('merchant_id', 'string', 'merchant.id', 'the merchant'),
  field('terminal_id', 'string', 'merchant.terminal_id', 'the terminal'),
  field('mcc', 'string', 'merchant.mcc', 'the merchant category, ISO 18245'),
  field('merchant_country', 'string', 'merchant.country', 'where the merchant is'),
  field('merchant_latitude', 'number', 'merchant.latitude', 'degrees'),
  field('merchant_longitude', 'number', 'merchant.longitude', 'degrees'),
  field('device', 'token', 'device.id', 'the device, as a keyed hash'),
  field('ip', 'token', 'device.ip', 'the address, as a keyed hash'),
  field('ip_country', 'string', 'device.ip_country', 'where the address is'),
  field('user_agent', 'token', 'device.user_agent', 'the browser, as a keyed hash'),
  field('session', 'token', 'device.session_id', 'the session, as a keyed hash'),
  field('billing_country', 'string', 'billing.country', 'ISO 3166-1 alpha-2'),
  field('billing_postal_code', 'token', 'billing.postal_code', 'as a keyed hash'),
  field('billing_latitude', 'number', 'billing.latitude', 'degrees'),
  field('billing_longitude', 'number', 'billing.longitude', 'degrees'),
  field('shipping_country', 'string', 'shipping.country', 'ISO 3166-1 alpha-2'),
  field('shipping_postal_code', 'token', 'shipping.postal_code', 'as a keyed hash'),
  field('shipping_latitude', 'number', 'shipping.latitude', 'degrees'),
  field('shipping_longitude', 'number', 'shipping.longitude', 'degrees'),
  field('three_ds', 'string', 'authentication.three_ds', 'authenticated, attempted, failed, …'),
  field('avs', 'string', 'authentication.avs', 'the address check: match, partial, …'),
  field('cvv', 'string', 'authentication.cvv', 'the code check: match, no_match, …'),
];
