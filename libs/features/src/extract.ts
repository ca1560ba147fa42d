import type { DecisionRequest } from '#contracts/decision-request.js';
import type { SignalRecord } from '#contracts/signals.js';
import { normaliseValue, tokenKindOf, tokenOf, type Pseudonym } from '#contracts/token-values.js';
import { transactionFields } from '#contracts/transaction-fields.js';
import type { MetadataField } from './catalogue-types.js';
import { closestName } from './closest-name.js';
import type { FeaturePlan } from './feature-plan.js';
import { AMOUNT_UNITS_PER_MAJOR, AMOUNT_UNKNOWN, toAmountUnits, toMajor } from './money.js';
import { slots } from './transaction-slots.js';

const MS_PER_DAY = 86_400_000;

export interface ExtractContext {
  /** As of when features are computed: the request's time, clamped by the caller. */
  readonly eventTimeMs: number;
  readonly pseudonym: Pseudonym;
}

export interface ExtractWarning {
  readonly field: string;
  readonly message: string;
}

export interface Extracted {
  readonly record: SignalRecord;
  readonly warnings: readonly ExtractWarning[];
}

/**
 * Fills a record with the transaction's own fields and metadata; features and score stay missing.
 */
export function extractSignals(
  plan: FeaturePlan,
  request: DecisionRequest,
  context: ExtractContext,
): Extracted {
  const record: SignalRecord = plan.emptyRecord();
  const warnings: ExtractWarning[] = [];
  extractPayment(record, request, context);
  extractPeople(record, request, context);
  extractPlaces(record, request, context);
  if (plan.metadata.length > 0 || request.metadata !== undefined) {
    extractMetadata(plan, request, { record, warnings, context });
  }
  if (plan.amounts !== null) extractNormalisedAmount(plan, record, warnings);
  for (const entity of plan.entities) {
    if (record.strings[entity.keySlot] !== null) continue;
    warnings.push({
      field: plan.keyPaths[entity.index]!,
      message: `missing: the features of ${entity.name} are unknown`,
    });
  }
  return { record, warnings };
}

function extractPayment(
  { numbers, strings }: SignalRecord,
  request: DecisionRequest,
  { eventTimeMs, pseudonym }: ExtractContext,
): void {
  strings[slots.transactionType] = request.type;
  numbers[slots.eventTime] = eventTimeMs;
  numbers[slots.amountMinor] = request.amount.value;
  numbers[slots.amount] = toMajor(request.amount.value, request.amount.currency);
  strings[slots.currency] = request.amount.currency;
  const method = request.payment_method;
  if (method !== undefined) {
    strings[slots.paymentMethodType] = method.type;
    if (method.token !== undefined) strings[slots.card] = tokenOf('card', method.token, pseudonym);
    strings[slots.cardBin] = method.bin ?? null;
    strings[slots.cardNetwork] = method.network ?? null;
    strings[slots.cardFunding] = method.funding ?? null;
    strings[slots.cardCountry] = method.issuer_country ?? null;
  }
  const authentication = request.authentication;
  if (authentication !== undefined) {
    strings[slots.threeDs] = authentication.three_ds ?? null;
    strings[slots.avs] = authentication.avs ?? null;
    strings[slots.cvv] = authentication.cvv ?? null;
  }
}

function extractPeople(
  { numbers, strings }: SignalRecord,
  request: DecisionRequest,
  { eventTimeMs, pseudonym }: ExtractContext,
): void {
  const customer = request.customer;
  if (customer !== undefined) {
    if (customer.id !== undefined) {
      strings[slots.customer] = tokenOf('customer', customer.id, pseudonym);
    }
    if (customer.created_at !== undefined) {
      numbers[slots.customerAgeDays] = (eventTimeMs - Date.parse(customer.created_at)) / MS_PER_DAY;
    }
    if (customer.email !== undefined) {
      const { email } = customer;
      strings[slots.email] = tokenOf('email', email, pseudonym);
      const domain = email.slice(email.lastIndexOf('@') + 1);
      strings[slots.emailDomain] = normaliseValue('email_domain', domain);
    }
    if (customer.phone !== undefined) {
      strings[slots.phone] = tokenOf('phone', customer.phone, pseudonym);
    }
    strings[slots.customerCountry] = customer.country ?? null;
  }
  const counterparty = request.counterparty;
  if (counterparty !== undefined) {
    if (counterparty.id !== undefined) {
      strings[slots.counterparty] = tokenOf('counterparty', counterparty.id, pseudonym);
    }
    strings[slots.counterpartyCountry] = counterparty.country ?? null;
  }
  const device = request.device;
  if (device === undefined) return;
  if (device.id !== undefined) strings[slots.device] = tokenOf('device', device.id, pseudonym);
  if (device.ip !== undefined) strings[slots.ip] = tokenOf('ip', device.ip, pseudonym);
  if (device.user_agent !== undefined) {
    strings[slots.userAgent] = tokenOf('user_agent', device.user_agent, pseudonym);
  }
  if (device.session_id !== undefined) {
    strings[slots.session] = tokenOf('session', device.session_id, pseudonym);
  }
  strings[slots.ipCountry] = device.ip_country ?? null;
}

function extractPlaces(
  { numbers, strings }: SignalRecord,
  request: DecisionRequest,
  { pseudonym }: ExtractContext,
): void {
  const merchant = request.merchant;
  if (merchant !== undefined) {
    strings[slots.merchantId] = merchant.id ?? null;
    strings[slots.terminalId] = merchant.terminal_id ?? null;
    strings[slots.mcc] = merchant.mcc ?? null;
    strings[slots.merchantCountry] = merchant.country ?? null;
    numbers[slots.merchantLatitude] = merchant.latitude ?? Number.NaN;
    numbers[slots.merchantLongitude] = merchant.longitude ?? Number.NaN;
  }
  const { billing, shipping } = request;
  if (billing !== undefined) {
    strings[slots.billingCountry] = billing.country ?? null;
    numbers[slots.billingLatitude] = billing.latitude ?? Number.NaN;
    numbers[slots.billingLongitude] = billing.longitude ?? Number.NaN;
    if (billing.postal_code !== undefined) {
      strings[slots.billingPostalCode] = tokenOf('postal_code', billing.postal_code, pseudonym);
    }
  }
  if (shipping !== undefined) {
    strings[slots.shippingCountry] = shipping.country ?? null;
    numbers[slots.shippingLatitude] = shipping.latitude ?? Number.NaN;
    numbers[slots.shippingLongitude] = shipping.longitude ?? Number.NaN;
    if (shipping.postal_code !== undefined) {
      strings[slots.shippingPostalCode] = tokenOf('postal_code', shipping.postal_code, pseudonym);
    }
  }
}

interface MetadataTarget {
  readonly record: SignalRecord;
  readonly warnings: ExtractWarning[];
  readonly context: ExtractContext;
}

function extractMetadata(
  plan: FeaturePlan,
  request: DecisionRequest,
  { record, warnings, context }: MetadataTarget,
): void {
  const sent = request.metadata ?? {};
  plan.metadata.forEach((field, index) => {
    const value = sent[field.name];
    if (value === undefined) return;
    const slot = transactionFields.length + index;
    const typed = readMetadata(field, value);
    if (typed === null) {
      const message = `ignored: not a ${field.type}, as features.yaml declares it`;
      warnings.push({ field: `metadata.${field.name}`, message });
    } else if (typeof typed === 'number') {
      record.numbers[slot] = typed;
    } else {
      const isToken = field.type === 'token';
      record.strings[slot] = isToken
        ? tokenOf(tokenKindOf(field.name), typed, context.pseudonym)
        : typed;
    }
  });
  const names = plan.metadata.map((field) => field.name);
  for (const name of Object.keys(sent)) {
    if (names.includes(name)) continue;
    const meant = closestName(name, names);
    const hint = meant === null ? '' : `; did you mean ${meant}?`;
    const message = `not declared in features.yaml: recorded, but not used${hint}`;
    warnings.push({ field: `metadata.${name}`, message });
  }
}

/** The value as its declared type has it in a record; null when it does not fit. */
function readMetadata(
  field: MetadataField,
  value: string | number | boolean,
): string | number | null {
  switch (field.type) {
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : null;
    case 'timestamp': {
      const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      return Number.isNaN(timeMs) ? null : timeMs;
    }
    case 'string':
    case 'token':
      return typeof value === 'string' ? value : null;
  }
}

function extractNormalisedAmount(
  plan: FeaturePlan,
  record: SignalRecord,
  warnings: ExtractWarning[],
): void {
  const currency = record.strings[slots.currency] ?? null;
  const units = toAmountUnits(record.numbers[slots.amountMinor]!, currency, plan.amounts);
  if (units === AMOUNT_UNKNOWN) {
    const message = `features.yaml has no rate for it: amount features leave this payment out`;
    warnings.push({ field: 'amount.currency', message });
  } else if (plan.amountFeatureSlot >= 0) {
    record.numbers[plan.amountFeatureSlot] = units / AMOUNT_UNITS_PER_MAJOR;
  }
}
