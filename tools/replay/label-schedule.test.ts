import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HistoryItem } from './history-item.js';
import { LabelSchedule, readLabels } from './label-schedule.js';

const fraud = { label: 'fraud', source: 'chargeback', delayMs: 100 } as const;

test('a label comes when it became known, before a payment of that very moment', () => {
  const schedule = new LabelSchedule(null);
  schedule.add(item('a', 1000), null);
  expect([...schedule.due(1099)]).toEqual([]);
  const due = [...schedule.due(1100)];
  expect(due.map(({ request }) => request.transaction_id)).toEqual(['a']);
  expect(due[0]?.request.reported_at).toBe('1970-01-01T00:00:01.100Z');
  expect(schedule.waiting).toBe(0);
});

test('labels of a file come in the order they became known, and the strongest last word is the truth', async () => {
  const schedule = new LabelSchedule(
    await labelsFrom(
      'transaction_id,label,source,reason_code,occurred_at,known_at\n' +
        'a,legit,manual_review,,,2026-01-03T00:00:00Z\n' +
        'a,fraud,chargeback,10.4,2026-01-02T00:00:00Z,2026-01-02T00:00:00Z\n' +
        'b,abuse,manual_review,,,2026-01-01T00:00:00Z\n' +
        'd,fraud,customer_report,,,2026-01-03T00:00:00Z\n' +
        'd,legit,customer_report,,,2026-01-04T00:00:00Z\n',
    ),
  );
  expect(schedule.truthOf(item('a', 0))).toBe(true);
  expect(schedule.truthOf(item('d', 0))).toBe(false);
  expect(schedule.truthOf(item('b', 0))).toBe(true);
  expect(schedule.truthOf(item('c', 0))).toBe(false);
  const due = [...schedule.due(Date.parse('2026-01-02T00:00:00Z'))];
  expect(due.map(({ request }) => request.label)).toEqual(['abuse', 'fraud']);
  expect(due[1]?.request.reason_code).toBe('10.4');
});

test('a label that the API would not take is refused with its place', async () => {
  const text = 'transaction_id,label,source,known_at\na,bad,chargeback,2026-01-01T00:00:00Z\n';
  await expect(labelsFrom(text)).rejects.toThrow(/label 1: label:/);
});

test('a label without the time it became known is refused', async () => {
  const text = 'transaction_id,label,source,known_at\na,fraud,chargeback,\n';
  await expect(labelsFrom(text)).rejects.toThrow(/label 1/);
});

async function labelsFrom(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-labels-'));
  try {
    await writeFile(join(folder, 'labels.csv'), text);
    return await readLabels(join(folder, 'labels.csv'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function item(id: string, timeMs: number): HistoryItem {
  const request = {
    transaction_id: id,
    type: 'card_payment',
    amount: { value: 1, currency: 'EUR' },
  } as const;
  return { row: 0, request, timeMs, isFraud: null, label: fraud };
}
