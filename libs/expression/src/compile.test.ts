import { describe, expect, test } from 'vitest';
import { SignalSchema, type SignalRecord, type SignalType } from '#contracts/signals.js';

import { compileNumeric, compilePredicate } from './compile.js';
import type { ListCatalogue } from './lists.js';

const signal = (name: string, type: SignalType) =>
  ({ name, type, origin: 'transaction', description: '' }) as const;

const schema = new SignalSchema([
  signal('event_time', 'timestamp'),
  signal('amount', 'number'),
  signal('card_tx_count_1h', 'number'),
  signal('currency', 'string'),
  signal('email_domain', 'string'),
  signal('new_device', 'boolean'),
  signal('card', 'token'),
  signal('email', 'token'),
  signal('billing_postal_code', 'token'),
  signal('shipping_postal_code', 'token'),
  signal('score', 'number'),
]);

const lists: ListCatalogue = {
  names: () => ['blocked_cards', 'free_mail'],
  find: (name) => {
    if (name === 'blocked_cards') {
      return { name, kind: 'card', tokenKind: 'card', has: (value) => value === 'bad' };
    }
    if (name === 'free_mail') {
      const has = (value: string) => value === 'mail.example';
      return { name, kind: 'email_domain', tokenKind: null, has };
    }
    return undefined;
  },
};

type Values = Readonly<Record<string, number | string | boolean>>;

function recordOf(values: Values): SignalRecord {
  const record = schema.emptyRecord();
  for (const [name, value] of Object.entries(values)) {
    const slot = schema.slotOf(name)!;
    if (typeof value === 'string') record.strings[slot] = value;
    else record.numbers[slot] = Number(value);
  }
  return record;
}

function postalCodes(billing: string, shipping: string): Values {
  return { billing_postal_code: billing, shipping_postal_code: shipping };
}

function truth(source: string, values: Values): string {
  const compiled = compilePredicate(source, { schema, lists });
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  return ['false', 'true', 'unknown'][compiled.value.evaluate(recordOf(values))]!;
}

function number(source: string, values: Values): number {
  const compiled = compileNumeric(source, { schema, lists });
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  return compiled.value.evaluate(recordOf(values));
}

function problem(source: string): string {
  const compiled = compilePredicate(source, { schema, lists });
  if (compiled.ok) throw new Error(`${source} compiled`);
  const { message, position, hint } = compiled.problems[0]!;
  return `${position}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}

describe('conditions', () => {
  test.each<[string, Values, string]>([
    ['amount > 500', { amount: 501 }, 'true'],
    ['amount > 500.0', { amount: 500 }, 'false'],
    ['amount > 500', {}, 'unknown'],
    ['500 < amount', { amount: 501 }, 'true'],
    ['500 >= amount', {}, 'unknown'],
    ['amount * 2 + 1 == 21', { amount: 10 }, 'true'],
    ['amount % 100 == 0', { amount: 300 }, 'true'],
    ['7 / 2 == 3.5', {}, 'true'],
    ['amount > 0x10', { amount: 17 }, 'true'],
    ['amount > -5 && amount < -(-5)', { amount: 1 }, 'true'],
    ['currency == "EUR"', { currency: 'EUR' }, 'true'],
    ['currency != "EUR"', {}, 'unknown'],
    ['"EUR" == currency', { currency: 'USD' }, 'false'],
    ['currency in ["EUR", "USD"]', { currency: 'USD' }, 'true'],
    ['!(currency in ["EUR", "USD"])', { currency: 'GBP' }, 'true'],
    ['currency in ["EUR", "USD"]', {}, 'unknown'],
    ['amount in [1, 2, 3]', { amount: 2 }, 'true'],
    ['amount in [1, card_tx_count_1h]', { amount: 2 }, 'unknown'],
    ['amount in [2, card_tx_count_1h]', { amount: 2 }, 'true'],
    ['new_device', { new_device: true }, 'true'],
    ['new_device == false', { new_device: false }, 'true'],
    ['!new_device', {}, 'unknown'],
    ['has(amount)', {}, 'false'],
    ['has(card)', { card: 'x' }, 'true'],
    ['is_missing(new_device)', {}, 'true'],
    ['coalesce(amount, 7) == 7', {}, 'true'],
    ['coalesce(currency, "none") == "none"', {}, 'true'],
    ['in_list("blocked_cards", card)', { card: 'bad' }, 'true'],
    ['in_list("blocked_cards", card)', {}, 'unknown'],
    ['in_list("free_mail", email_domain)', { email_domain: 'mail.example' }, 'true'],
    ['billing_postal_code == shipping_postal_code', postalCodes('a', 'a'), 'true'],
    ['billing_postal_code != shipping_postal_code', postalCodes('a', 'b'), 'true'],
    ['in_list("blocked_cards", coalesce(card, card))', { card: 'bad' }, 'true'],
    ['email_domain.endsWith(".example")', { email_domain: 'mail.example' }, 'true'],
    ['starts_with(lower(email_domain), "mail")', { email_domain: 'MAIL.x' }, 'true'],
    ['size(currency) * 2 == 6', { currency: 'EUR' }, 'true'],
    ['min(amount, 3, 2) == 2', { amount: 10 }, 'true'],
    ['sqrt(amount) > 1', { amount: -1 }, 'unknown'],
    ['0 / amount == 1', { amount: 0 }, 'unknown'],
    ['1 / amount > 1000', { amount: 0 }, 'true'],
    ['event_time < timestamp("2026-01-01T00:00:00Z")', { event_time: 0 }, 'true'],
    ['hour(event_time) == 23', { event_time: 86_399_000 }, 'true'],
    ['hour(event_time, "Europe/Vienna") == 0', { event_time: 86_399_000 }, 'true'],
    ['new_device ? amount > 1 : amount > 100', { new_device: false, amount: 50 }, 'false'],
    ['new_device ? amount > 1 : amount > 100', { amount: 500 }, 'true'],
    ['new_device ? amount > 1 : amount > 100', { amount: 50 }, 'unknown'],
  ])('%s with %j is %s', (source, values, expected) => {
    expect(truth(source, values)).toBe(expected);
  });
});

describe('values', () => {
  test('a condition becomes 1, 0 or NaN', () => {
    expect(number('amount > 1', { amount: 2 })).toBe(1);
    expect(number('amount > 1', { amount: 1 })).toBe(0);
    expect(number('amount > 1', {})).toBeNaN();
  });

  test('a ratio with a missing part is NaN', () => {
    expect(number('amount / card_tx_count_1h', { amount: 6, card_tx_count_1h: 4 })).toBe(1.5);
    expect(number('amount / card_tx_count_1h', { amount: 6 })).toBeNaN();
  });

  test('the slots are those read, ascending and once each', () => {
    const compiled = compileNumeric('score + amount + amount', { schema });
    expect(compiled.ok && compiled.value.slots).toEqual([1, 10]);
  });
});

describe('problems', () => {
  test.each([
    ['card_tx_cout_1h > 3', '0: unknown feature card_tx_cout_1h; did you mean card_tx_count_1h?'],
    ['amount = 3', "7: unexpected '=' (compare with == (two equal signs))"],
    ['card == "4111"', '8: card is personal'],
    ['card == email', 'card and email are hashed apart and never equal'],
    ['card in [email]', 'card and email are hashed apart and never equal'],
    ['in_list("blocked_cards", coalesce(card, email))', 'a token is never among them'],
    ['in_list("blocked_card", card)', 'unknown list blocked_card; did you mean blocked_cards?'],
    ['in_list("blocked_cards", email)', 'the list blocked_cards holds card values'],
    ['in_list("blocked_cards", currency)', 'the list blocked_cards holds card values'],
    ['amount', 'a condition must be true or false, this is a number'],
    ['amount == "3"', 'number and string cannot be compared'],
    ['currency > "A"', 'string values have no order'],
    ['amout_x > 1', 'unknown feature'],
    ['currency + "x" == "y"', '+ needs a number'],
    ['currency.matches("a")', 'unknown method .matches()'],
    ['[1, 2].exists(x, x > 1)', 'unknown method .exists()'],
    ['hour(event_time, "Europe/Wien") > 1', 'unknown time zone'],
    ['card.startsWith("x")', 'starts_with needs a text; card is a personal value'],
    ['amount > 1 and amount < 3', 'write && for and'],
    ['', 'the expression is empty'],
    ['amount > 99999999999999999999', 'too large to be exact'],
    ['amount > 1e999', "9: not a valid expression at '1e999'"],
    ['amount in []', 'nothing is in an empty list'],
    ['null == null', 'null is not a value'],
    ['amount > 1 &&', 'the expression ends too early'],
    ['amount.value > 1', 'values have no parts'],
  ])('%s is refused: %s', (source, expected) => {
    expect(problem(source)).toContain(expected);
  });
});
