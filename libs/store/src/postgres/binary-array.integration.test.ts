import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresServers } from '#testing/postgres-servers.js';
import { binaryArray, CellError, type Cell, type ColumnType } from './binary-array.js';

const INT64_SAFE = Number.MAX_SAFE_INTEGER;
const YEAR_1970_MS = 0;
const YEAR_9999_MS = Date.UTC(9999, 11, 31);
const finite = { noNaN: true, noDefaultInfinity: true } as const;

/** Values of each type. */
const cellsOf: Readonly<Record<ColumnType, fc.Arbitrary<Cell>>> = {
  bool: fc.boolean(),
  smallint: fc.integer({ min: -32_767, max: 32_767 }),
  int: fc.integer({ min: -2_147_483_647, max: 2_147_483_647 }),
  bigint: fc.integer({ min: -INT64_SAFE, max: INT64_SAFE }),
  float4: fc.float(finite),
  float8: fc.double(finite),
  timestamptz: fc.integer({ min: YEAR_1970_MS, max: YEAR_9999_MS }),
  uuid: fc.uuid(),
  // A text of Postgres cannot hold the character 0.
  text: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', '"\\{}')),
  json: fc.json(),
};
const types = Object.keys(cellsOf) as ColumnType[];

/** Of a cell and of what came back: equal where they mean the same. */
function meaningOf(type: ColumnType, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'timestamptz') return new Date(value as string | number).getTime();
  if (type === 'json') return typeof value === 'string' ? JSON.parse(value) : value;
  // Postgres writes as few digits as tell one float4 from the next.
  if (type === 'float4') return Math.fround(Number(value)) + 0;
  if (type === 'bigint' || type === 'float8') return Number(value) + 0;
  return value;
}

describe.each(postgresServers)('binary arrays in $name', ({ start }) => {
  let server: { readonly url: string; stop(): Promise<void> };
  let client: Client;
  beforeAll(async () => {
    server = await start();
    client = new Client({ connectionString: server.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  /** What Postgres understood, value by value. */
  async function understood(type: ColumnType, cells: readonly Cell[]): Promise<unknown[]> {
    const { rows } = await client.query<{ value: unknown }>({
      // As text: the driver would parse json, and a json null would look like none.
      text: `SELECT value${type === 'json' ? '::text' : ''} AS value FROM unnest($1::${type}[]) value`,
      values: [binaryArray(type, cells)],
    });
    return rows.map(({ value }) => value);
  }

  test.each(types)('of %s hold what went in, in its order, nulls too', async (type) => {
    const some = fc.array(fc.option(cellsOf[type], { freq: 4 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(some, async (cells) => {
        const back = await understood(type, cells);
        expect(back.map((value) => meaningOf(type, value))).toEqual(
          cells.map((cell) => meaningOf(type, cell)),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('times are taken with their offset, and cut to the millisecond', async () => {
    const cells = ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.0019Z', 1_772_359_200_001.9];
    expect(await understood('timestamptz', cells)).toEqual(
      ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.001Z', '2026-03-01T10:00:00.001Z'].map(
        (time) => new Date(time),
      ),
    );
  });
});

test.each<[ColumnType, Cell]>([
  ['bool', 1],
  ['smallint', 32_768],
  ['int', 0.5],
  ['int', 2_147_483_648],
  ['bigint', 1e300],
  ['bigint', '7'],
  ['float8', '0.5'],
  ['timestamptz', 'yesterday'],
  ['timestamptz', 1e300],
  ['timestamptz', Number.NaN],
  ['timestamptz', true],
  ['uuid', '00000000-0000-0000-0000-00000000000g'],
  ['text', 7],
  ['json', false],
])('no %s is %j, and the error does not say it', (type, cell) => {
  expect(() => binaryArray(type, [cell])).toThrow(new CellError(type));
});
