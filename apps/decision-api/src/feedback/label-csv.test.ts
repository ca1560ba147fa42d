import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabelCsv, type LabelLine } from './label-csv.js';

const HEADER =
  'transaction_id,label,source,reason_code,occurred_at,reported_at,amount.value,amount.currency';

function read(line: string, header = HEADER): LabelLine {
  const opened = LabelCsv.of(header);
  if (!opened.ok) throw new Error(JSON.stringify(opened.errors));
  return opened.csv.read(line);
}

test('a line becomes a label; empty cells are left out', () => {
  const time = '2026-11-23T10:15:00Z';
  expect(read(`pay-1, fraud ,chargeback,10.4,,${time},4999,EUR`)).toEqual({
    ok: true,
    label: {
      transaction_id: 'pay-1',
      label: 'fraud',
      source: 'chargeback',
      reason_code: '10.4',
      reported_at: time,
      amount: { value: 4_999, currency: 'EUR' },
    },
  });
  expect(read('legit,refund,pay-2', 'label,source,transaction_id')).toEqual({
    ok: true,
    label: { transaction_id: 'pay-2', label: 'legit', source: 'refund' },
  });
});

test('a cell in quotes is taken as it is, commas and doubled quotes too', () => {
  const header = 'transaction_id,label,source';
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), (id) => {
      fc.pre(!/[\n\r]/.test(id));
      const line = read(`"${id.replaceAll('"', '""')}",fraud, "refund" `, header);
      fc.pre(line.ok || line.problems[0]?.reason !== 'it reads as a card number');
      expect(line).toEqual({
        ok: true,
        label: { transaction_id: id, label: 'fraud', source: 'refund' },
      });
    }),
  );
});

describe('a line is refused with the column and what to do', () => {
  const start = 'pay-1,fraud,chargeback';
  test.each([
    [',fraud,chargeback,,,,,', 'transaction_id', /missing/],
    ['pay-1,Fraud,chargeback,,,,,', 'label', /fraud, legit, abuse, unknown/],
    ['pay-1,fraud,bank,,,,,', 'source', /early_fraud_warning/],
    [`${start},${'x'.repeat(33)},,,,`, 'reason_code', /32/],
    [`${start},,23.11.2026,,,`, 'occurred_at', /zone/],
    [`${start},,,2026-11-23T10:15:00,,`, 'reported_at', /zone/],
    [`${start},,,,49.99,EUR`, 'amount.value', /minor units/],
    [`${start},,,,4999,`, 'amount.currency', /missing/],
    [`${start},,,,,eur`, 'amount.currency', /capitals/],
    ['4111 1111 1111 1111,fraud,chargeback,,,,,', 'transaction_id', /token/],
    [`${start},,`, null, /6 cells|5 cells/],
    ['"pay-1,fraud,chargeback,,,,,', null, /quote/],
    ['pay"1,fraud,chargeback,,,,,', null, /quote/],
    ['"pay"1,fraud,chargeback,,,,,', null, /quote/],
  ])('%s', (text, column, words) => {
    const line = read(text);
    const problems = line.ok ? [] : line.problems;
    expect(problems.map((problem) => problem.column)).toContain(column);
    expect(JSON.stringify(problems)).toMatch(words);
    expect(JSON.stringify(problems)).not.toContain('4111');
  });

  test('an amount may look like a card number', () => {
    expect(read(`${start},,,,4222222222222,EUR`)).toMatchObject({ ok: false });
    expect(read(`${start},,,,1000000000008,EUR`).ok).toBe(false);
    expect(read(`${start},,,,999999999999,EUR`).ok).toBe(true);
  });
});

test.each([
  ['', /transaction_id is missing/],
  ['transaction_id,label', /source is missing/],
  ['transaction_id,label,source,label', /a second label/],
  ['transaction_id,label,source,colour', /columns\/4/],
  ['4111111111111111,fraud,chargeback', /columns\/1/],
])('the header %s is refused', (header, words) => {
  const opened = LabelCsv.of(header);
  const errors = JSON.stringify(opened.ok ? [] : opened.errors);
  expect(errors).toMatch(words);
  expect(errors).not.toContain('4111');
});
