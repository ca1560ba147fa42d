import { describe, expect, test } from 'vitest';
import { compileMapping } from './mapped-row.js';
import { parseMapping, type Mapping } from './mapping.js';

const text = `
format: tollgate-mapping/1
transaction_id: id
event_time: { column: at, zone: UTC }
amount: { column: amt, currency: { column: cur } }
fields:
  payment_method.token: { column: pan, token: true }
  merchant.latitude: lat
  merchant.country: { value: US }
  customer.email: { column: mail, lower_case: true }
label: { column: fraud, fraud: ['1'], delay: 7d, source: chargeback }
`;
const columns = ['id', 'at', 'amt', 'cur', 'pan', 'lat', 'mail', 'fraud'];
const at = '2020-04-01T00:06:48';

describe('a mapped row', () => {
  test('becomes a request with typed values, constants and tokens', () => {
    expect(read(['7', at, '12.34', 'EUR', '4507337454565', '36.4', 'A@B.example', '0'])).toEqual({
      ok: true,
      item: {
        timeMs: Date.parse(`${at}Z`),
        isFraud: false,
        label: null,
        request: {
          transaction_id: '7',
          type: 'card_payment',
          event_time: '2020-04-01T00:06:48.000Z',
          amount: { value: 1234, currency: 'EUR' },
          payment_method: { type: 'card', token: 'hash(payment_method.token)' },
          merchant: { latitude: 36.4, country: 'US' },
          customer: { email: 'a@b.example' },
        },
      },
    });
  });

  test.each([
    ['12.34', 'EUR', 1234],
    ['0.1', 'EUR', 10],
    ['57.16', 'USD', 5716],
    ['1.15', 'EUR', 115],
    ['1200', 'JPY', 1200],
    ['1.234', 'KWD', 1234],
  ])('has the amount %s %s in minor units', (amount, currency, minor) => {
    const row = read(['7', at, amount, currency, 'x', '', '', '0']);
    expect(row).toMatchObject({ item: { request: { amount: { value: minor, currency } } } });
  });

  test('leaves out empty cells', () => {
    const row = read(['7', at, '1', 'EUR', '', '', '', '0']);
    expect(row.ok && row.item.request.payment_method).toBeUndefined();
    expect(row.ok && row.item.request.merchant).toEqual({ country: 'US' });
  });

  test('carries its label and how long it takes to be known', () => {
    expect(read(['7', at, '1', 'EUR', '', '', '', '1'])).toMatchObject({
      item: {
        isFraud: true,
        label: { label: 'fraud', source: 'chargeback', delayMs: 7 * 86_400_000 },
      },
    });
  });

  test.each([
    ['a time', ['7', 'soon', '1', 'EUR', '', '', '', '0'], /at is no time/],
    ['an amount', ['7', at, '', 'EUR', '', '', '', '0'], /amount\.value/],
    ['a refund', ['7', at, '-5', 'EUR', '', '', '', '0'], /amount\.value/],
    ['an id', ['', at, '1', 'EUR', '', '', '', '0'], /transaction_id/],
    ['a latitude', ['7', at, '1', 'EUR', '', '91', '', '0'], /merchant\.latitude/],
  ])('is refused when it has no valid value for %s', (_name, row, problem) => {
    const result = read(row);
    expect(!result.ok && result.problem).toMatch(problem);
  });
});

test('a mapping that names an absent column is refused, with the columns there are', () => {
  const compiled = compileMapping(mapping(), { columns: ['id', 'at'], tokenise });
  expect(!compiled.ok && compiled.problems).toContainEqual(
    expect.stringContaining('no column amt; there are: id, at'),
  );
});

test.each([
  ['an unknown key', text.replace('fields:', 'feilds:'), /feilds/],
  ['another format', text.replace('mapping/1', 'mapping/2'), /format/],
  ['no YAML', 'format: [', /example\.yaml/],
])('a mapping file with %s is refused with its place', (_name, source, problem) => {
  const parsed = parseMapping(source, 'example.yaml');
  expect(!parsed.ok && parsed.problems.join('\n')).toMatch(problem);
});

function mapping(): Mapping {
  const parsed = parseMapping(text, 'mapping.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.value;
}

function tokenise(kind: string): string {
  return `hash(${kind})`;
}

function read(row: readonly string[]) {
  const compiled = compileMapping(mapping(), { columns, tokenise });
  if (!compiled.ok) throw new Error(compiled.problems.join());
  return compiled.value(row);
}
