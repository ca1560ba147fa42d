import { isoTime } from '../cli/iso-time.js';
import { countryAt } from './geography.js';
import type { Account, Card, Device, Payment, Place } from './payment.js';
import type { SimulatedLabel } from './labels.js';

/**
 * One payment as the body of `POST /v1/decisions`, a line of JSON without its end. Every text of
 * the simulator is plain ASCII without quotes, so it is written as it is: escaping would cost half
 * of the run time.
 */
export function paymentJson(payment: Payment, transactionId: string): string {
  const { merchant } = payment;
  const country = countryAt(merchant.country);
  const type = merchant.category.mcc === '6011' ? 'withdrawal' : 'card_payment';
  let json =
    `{"transaction_id":"${transactionId}","type":"${type}",` +
    `"event_time":"${isoTime(payment.timeMs)}",` +
    `"amount":{"value":${payment.amountMinor},"currency":"${country.currency}"},` +
    `"payment_method":${cardJson(payment.card)},` +
    `"merchant":{"id":"${merchant.id}","terminal_id":"${merchant.id}-${payment.terminal}",` +
    `"mcc":"${merchant.category.mcc}","country":"${country.code}",` +
    `"latitude":${merchant.latitude},"longitude":${merchant.longitude}}`;
  if (payment.account !== null) json += `,"customer":${accountJson(payment.account)}`;
  if (payment.device !== null) json += `,"device":${deviceJson(payment.device)}`;
  if (payment.billing !== null) json += `,"billing":${placeJson(payment.billing)}`;
  if (payment.shipping !== null) json += `,"shipping":${placeJson(payment.shipping)}`;
  const checks = checksJson(payment);
  if (checks !== '') json += `,"authentication":{${checks}}`;
  return `${json},"metadata":{"channel":"${payment.channel}","category":"${merchant.category.name}"}}`;
}

/**
 * One label as a line of JSON without its end; all but `known_at` is the body of `POST /v1/labels`.
 */
export function labelJson(label: SimulatedLabel): string {
  const reason = label.reasonCode === '' ? '' : `"reason_code":"${label.reasonCode}",`;
  return (
    `{"transaction_id":"${label.transactionId}","label":"${label.label}",` +
    `"source":"${label.source}",${reason}"occurred_at":"${isoTime(label.occurredMs)}",` +
    `"known_at":"${isoTime(label.timeMs)}"}`
  );
}

function cardJson(card: Card): string {
  return (
    `{"type":"${card.wallet ? 'wallet' : 'card'}","token":"${card.token}","bin":"${card.bin}",` +
    `"last4":"${card.last4}","network":"${card.network}","funding":"${card.funding}",` +
    `"issuer_country":"${countryAt(card.country).code}"}`
  );
}

function accountJson(account: Account): string {
  return (
    `{"id":"${account.id}","created_at":"${isoTime(account.createdMs)}",` +
    `"email":"${account.email}","country":"${countryAt(account.country).code}"}`
  );
}

function deviceJson(device: Device): string {
  return (
    `{"id":"${device.id}","ip":"${device.ip}",` +
    `"ip_country":"${countryAt(device.ipCountry).code}","user_agent":"${device.userAgent}"}`
  );
}

function placeJson(place: Place): string {
  return (
    `{"postal_code":"${place.postalCode}","country":"${countryAt(place.country).code}",` +
    `"latitude":${place.latitude},"longitude":${place.longitude}}`
  );
}

function checksJson({ threeDs, avs, cvv }: Payment): string {
  const checks: string[] = [];
  if (threeDs !== null) checks.push(`"three_ds":"${threeDs}"`);
  if (avs !== null) checks.push(`"avs":"${avs}"`);
  if (cvv !== null) checks.push(`"cvv":"${cvv}"`);
  return checks.join(',');
}
