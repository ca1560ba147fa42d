import { expect, test } from 'vitest';
import { journalRecordTypes } from '../record.js';
import { envelopeOf, headersOf } from './kafka-envelope.js';

test.each(journalRecordTypes)('the envelope of a %s is read as it was written', (type) => {
  const record = { source: 'journal', sequence: 7, timeMs: 1_795_000_000_123, type, text: '{}' };
  const headers = [...headersOf(record, { node: 'node-1' })];
  expect(envelopeOf(headers, 5)).toEqual({ type, timeMs: 1_795_000_000_123 });
  expect(headers.map(([name, value]) => [String(name), String(value)])).toEqual([
    ['type', type],
    ['node', 'node-1'],
    ['sequence', '7'],
    ['time_ms', '1795000000123'],
  ]);
});

const header = (name: string | null, value: string | null): [Buffer | null, Buffer | null] => [
  name === null ? null : Buffer.from(name),
  value === null ? null : Buffer.from(value),
];

test.each([
  { name: 'no headers', headers: [] },
  { name: 'another type', headers: [header('type', 'refund'), header('time_ms', 'soon')] },
  { name: 'empty headers', headers: [header(null, null), header('type', null)] },
])('a message with $name is of no known type, and as old as it says itself', ({ headers }) => {
  expect(envelopeOf(headers, 5)).toEqual({ type: 'unknown', timeMs: 5 });
});
