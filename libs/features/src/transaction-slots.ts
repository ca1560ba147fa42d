import { transactionFields } from '#contracts/transaction-fields.js';

function slotOf(name: string): number {
  const slot = transactionFields.findIndex((field) => field.name === name);
  if (slot < 0) throw new Error(`no transaction field is named ${name}`);
  return slot;
}

/**
 * The slots of the transaction's own fields: the first of every schema, so they are known ahead of
 * any catalogue.
 */
export const slots = {
  transactionType: slotOf('transaction_type'),
  eventTime: slotOf('event_time'),
  amountMinor: slotOf('amount_minor'),
  amount: slotOf('amount'),
  currency: slotOf('currency'),
  paymentMethodType: slotOf('payment_method_type'),
  card: slotOf('card'),
  cardBin: slotOf('card_bin'),
  cardNetwork: slotOf('card_network'),
  cardFunding: slotOf('card_funding'),
  cardCountry: slotOf('card_country'),
  customer: slotOf('customer'),
  customerAgeDays: slotOf('customer_age_days'),
  customerCountry: slotOf('customer_country'),
  email: slotOf('email'),
  emailDomain: slotOf('email_domain'),
  phone: slotOf('phone'),
  counterparty: slotOf('counterparty'),
  counterpartyCountry: slotOf('counterparty_country'),
  merchantId: slotOf('merchant_id'),
  terminalId: slotOf('terminal_id'),
  mcc: slotOf('mcc'),
  merchantCountry: slotOf('merchant_country'),
  merchantLatitude: slotOf('merchant_latitude'),
  merchantLongitude: slotOf('merchant_longitude'),
  device: slotOf('device'),
  ip: slotOf('ip'),
  ipCountry: slotOf('ip_country'),
  userAgent: slotOf('user_agent'),
  session: slotOf('session'),
  billingCountry: slotOf('billing_country'),
  billingPostalCode: slotOf('billing_postal_code'),
  billingLatitude: slotOf('billing_latitude'),
  billingLongitude: slotOf('billing_longitude'),
  shippingCountry: slotOf('shipping_country'),
  shippingPostalCode: slotOf('shipping_postal_code'),
  shippingLatitude: slotOf('shipping_latitude'),
  shippingLongitude: slotOf('shipping_longitude'),
  threeDs: slotOf('three_ds'),
  avs: slotOf('avs'),
  cvv: slotOf('cvv'),
} as const;
