import { expect, test } from 'vitest';
import { compareTables } from './compare-tables.js';

const header = ['id', 'count', 'mean'];

test('tables are equal when each row of the second is in the first, whatever else that has', async () => {
  const result = await compare(
    [header, ['1', '1', '0.1'], ['2', '2', '0.2'], ['3', '3', '']],
    [
      ['transaction_id', 'mean', 'count'],
      ['1', '0.10000000001', '1'],
      ['3', '', '3'],
    ],
  );
  expect(result).toMatchObject({ rows: 2, missing: 0, uncompared: [] });
  expect(result.columns.map(({ differing }) => differing)).toEqual([0, 0]);
});

test('a difference above the tolerance is counted, with its size and an example', async () => {
  const result = await compare([header, ['1', '1', '0.1']], [header, ['1', '2', '0.1']]);
  expect(result.columns).toEqual([
    { name: 'count', differing: 1, largest: 1 },
    { name: 'mean', differing: 0, largest: 0 },
  ]);
  expect(result.examples).toEqual(['1 count: 1 against 2']);
  expect(result).toMatchObject({ rows: 1, differing: 1, differingIds: new Set(['1']) });
});

test('a missing value equals only a missing value', async () => {
  const result = await compare([header, ['1', '', '0']], [header, ['1', '0', '']]);
  expect(result.columns.map(({ differing }) => differing)).toEqual([1, 1]);
});

test('a row that the first does not have, and a column of one table only, are told', async () => {
  const result = await compare(
    [header, ['1', '1', '0']],
    [
      ['id', 'count', 'other'],
      ['9', '1', '0'],
    ],
  );
  expect(result).toMatchObject({ rows: 0, missing: 1, uncompared: ['mean', 'other'] });
});

function compare(first: readonly (readonly string[])[], second: readonly (readonly string[])[]) {
  return compareTables(rowsOf(first), rowsOf(second), 1e-9);
}

async function* rowsOf(rows: readonly (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* rows;
}
