import { expect, test } from 'vitest';
import type { HistoryItem } from './history-item.js';
import { findTies } from './ties.js';

const paths = ['customer.id', 'merchant.terminal_id'];

test.each([
  ['one customer in one second', [at(0, 'c1', 't1'), at(0, 'c1', 't2')], ['0', '1']],
  ['one terminal in one second', [at(0, 'c1', 't1'), at(0, 'c2', 't1')], ['0', '1']],
  ['one customer a second apart', [at(0, 'c1', 't1'), at(1_000, 'c1', 't2')], []],
  ['strangers in one second', [at(0, 'c1', 't1'), at(0, 'c2', 't2')], []],
  ['the last second', [at(0, 'c9', 't9'), at(5, 'c1', 't1'), at(5, 'c1', 't2')], ['1', '2']],
])('%s', async (_name, payments, expected) => {
  const items = payments.map((payment, row) => ({
    ...payment,
    row,
    request: { ...payment.request, transaction_id: String(row) },
  }));
  const all = new Set(items.map(({ request }) => request.transaction_id));
  // Ties do not stop at the end of a batch.
  expect([...(await findTies(oneByOne(items), all, paths))]).toEqual(expected);
  const [first = ''] = all;
  expect([...(await findTies(oneByOne(items), new Set([first]), paths))]).toEqual(
    expected.filter((id) => id === first),
  );
});

function at(timeMs: number, customer: string, terminal: string): HistoryItem {
  return {
    row: 0,
    timeMs,
    isFraud: null,
    label: null,
    request: {
      transaction_id: '',
      type: 'card_payment',
      amount: { value: 1, currency: 'EUR' },
      customer: { id: customer },
      merchant: { terminal_id: terminal },
    },
  };
}

async function* oneByOne(items: readonly HistoryItem[]): AsyncGenerator<readonly HistoryItem[]> {
  for (const item of items) yield [item];
}
