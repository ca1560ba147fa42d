import { isoTime } from '../cli/iso-time.js';
import { countryAt } from './geography.js';
import type { SimulatedLabel } from './labels.js';
import type { Payment, Place } from './payment.js';

/** Columns are the paths of the request's fields, so a replay needs no mapping. */
export const PAYMENT_COLUMNS =
  'transaction_id,type,event_time,amount.value,amount.currency,payment_method.type,' +
  'payment_method.token,payment_method.bin,payment_method.last4,payment_method.network,' +
  'payment_method.funding,payment_method.issuer_country,merchant.id,merchant.terminal_id,' +
  'merchant.mcc,merchant.country,merchant.latitude,merchant.longitude,customer.id,' +
  'customer.created_at,customer.email,customer.country,device.id,device.ip,device.ip_country,' +
  'device.user_agent,billing.postal_code,billing.country,billing.latitude,billing.longitude,' +
  'shipping.postal_code,shipping.country,shipping.latitude,shipping.longitude,' +
  'authentication.three_ds,authentication.avs,authentication.cvv,metadata.channel,' +
  'metadata.category';

export const LABEL_COLUMNS = 'transaction_id,label,source,reason_code,occurred_at,known_at';
export const TRUTH_COLUMNS = 'transaction_id,scenario,look_alike,campaign';

/** One payment as a CSV line without its end. No text of the simulator holds a comma or a quote. */
export function paymentCsv(payment: Payment, transactionId: string): string {
  const { merchant, card, account, device } = payment;
  const country = countryAt(merchant.country);
  const type = merchant.category.mcc === '6011' ? 'withdrawal' : 'card_payment';
  return (
    `${transactionId},${type},${isoTime(payment.timeMs)},${payment.amountMinor},` +
    `${country.currency},${card.wallet ? 'wallet' : 'card'},${card.token},${card.bin},` +
    `${card.last4},${card.network},${card.funding},${countryAt(card.country).code},` +
    `${merchant.id},${merchant.id}-${payment.terminal},${merchant.category.mcc},` +
    `${country.code},${merchant.latitude},${merchant.longitude},` +
    (account === null
      ? ',,,,'
      : `${account.id},${isoTime(account.createdMs)},${account.email},` +
        `${countryAt(account.country).code},`) +
    (device === null
      ? ',,,,'
      : `${device.id},${device.ip},${countryAt(device.ipCountry).code},${device.userAgent},`) +
    `${placeCsv(payment.billing)},${placeCsv(payment.shipping)},` +
    `${payment.threeDs ?? ''},${payment.avs ?? ''},${payment.cvv ?? ''},` +
    `${payment.channel},${merchant.category.name}`
  );
}

export function labelCsv(label: SimulatedLabel): string {
  return (
    `${label.transactionId},${label.label},${label.source},${label.reasonCode},` +
    `${isoTime(label.occurredMs)},${isoTime(label.timeMs)}`
  );
}

/** What only the simulator knows; empty for payments that are neither fraud nor a look-alike. */
export function truthCsv({ truth }: Payment, transactionId: string): string {
  if (truth.scenario === null && truth.lookAlike === null) return '';
  return `${transactionId},${truth.scenario ?? ''},${truth.lookAlike ?? ''},${truth.campaign}`;
}

function placeCsv(place: Place | null): string {
  if (place === null) return ',,,';
  return `${place.postalCode},${countryAt(place.country).code},${place.latitude},${place.longitude}`;
}
