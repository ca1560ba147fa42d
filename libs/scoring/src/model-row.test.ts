import { expect, test } from 'vitest';

import { type SignalDefinition, SignalSchema } from '#contracts/signals.js';

import { bindModelRow } from './model-row.js';

const signal = (
  name: string,
  type: SignalDefinition['type'],
  origin: SignalDefinition['origin'] = 'feature',
): SignalDefinition => ({ name, type, origin, description: name });

const schema = new SignalSchema([
  signal('currency', 'string', 'transaction'),
  signal('amount', 'number', 'transaction'),
  signal('event_time', 'timestamp', 'transaction'),
  signal('card', 'token', 'transaction'),
  signal('is_night', 'boolean'),
  signal('card_tx_count_1h', 'number'),
  signal('score', 'number', 'score'),
]);

test('a row has the features in manifest order, missing as NaN', () => {
  const bound = bindModelRow(['card_tx_count_1h', 'is_night', 'amount'], schema);
  if (!bound.ok) throw new Error(bound.errors.join());
  const record = schema.emptyRecord();
  record.numbers[schema.slotOf('amount') ?? -1] = 12.5;
  record.numbers[schema.slotOf('is_night') ?? -1] = 1;
  const row = new Float32Array(3).fill(7);
  bound.value(record, row);
  expect([...row]).toEqual([Number.NaN, 1, 12.5]);
});

test.each([
  ['card_tx_cout_1h', 'feature card_tx_cout_1h is not in the feature catalogue'],
  ['score', "feature score is a model's own score"],
  ['currency', 'feature currency is a string'],
  ['card', 'feature card is a token'],
  ['event_time', 'feature event_time is a timestamp'],
])('the feature %s is refused by name', (name, complaint) => {
  const bound = bindModelRow(['amount', name], schema);
  expect(bound.ok ? [] : bound.errors).toEqual([expect.stringContaining(complaint)]);
});

test('every feature that cannot be bound is named', () => {
  const bound = bindModelRow(['a', 'amount', 'b'], schema);
  expect(bound.ok ? 0 : bound.errors.length).toBe(2);
});
