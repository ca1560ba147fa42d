const EXAMPLES_MAX = 10;

export interface ColumnDifference {
  readonly name: string;
  differing: number;
  /** Largest absolute difference of two numbers. */
  largest: number;
}

export interface TableComparison {
  readonly rows: number;
  /** Rows of the second table whose id the first does not have, or not in this order. */
  readonly missing: number;
  readonly columns: readonly ColumnDifference[];
  /** Columns that only one of the tables has. */
  readonly uncompared: readonly string[];
  readonly examples: readonly string[];
}

type Table = AsyncIterator<readonly string[], unknown>;

/**
 * Compares two tables by their columns' names, joining rows by the first column; both must be in
 * the same order, and the first may have rows that the second lacks. Numbers are compared as
 * numbers, empty cells only equal empty cells.
 */
export async function compareTables(
  first: AsyncIterable<readonly string[]>,
  second: AsyncIterable<readonly string[]>,
  tolerance: number,
): Promise<TableComparison> {
  const expected = first[Symbol.asyncIterator]();
  const actual = second[Symbol.asyncIterator]();
  const names = await nextRow(expected);
  const own = await nextRow(actual);
  const shared = (own ?? []).slice(1).filter((name) => names?.includes(name));
  const columns = shared.map((name) => ({ name, differing: 0, largest: 0 }));
  const places = shared.map(
    (name) => [names?.indexOf(name) ?? -1, own?.indexOf(name) ?? -1] as const,
  );
  const examples: string[] = [];
  let rows = 0;
  let missing = 0;
  for (let row = await nextRow(actual); row !== null; row = await nextRow(actual)) {
    const match = await find(expected, row[0]);
    if (match === null) {
      missing += 1;
      continue;
    }
    rows += 1;
    for (const [index, column] of columns.entries()) {
      const [left, right] = places[index] ?? [-1, -1];
      const gap = gapBetween(match[left] ?? '', row[right] ?? '');
      if (gap <= column.largest && gap <= tolerance) continue;
      column.largest = Math.max(column.largest, gap);
      if (gap <= tolerance) continue;
      column.differing += 1;
      if (examples.length < EXAMPLES_MAX) {
        examples.push(`${row[0]} ${column.name}: ${match[left]} against ${row[right]}`);
      }
    }
  }
  const all = new Set([...(names ?? []).slice(1), ...(own ?? []).slice(1)]);
  return {
    rows,
    missing,
    columns,
    examples,
    uncompared: [...all].filter((n) => !shared.includes(n)),
  };
}

/** Infinity where one is empty, or one is a text and they differ. */
function gapBetween(left: string, right: string): number {
  if (left === right) return 0;
  if (left === '' || right === '') return Number.POSITIVE_INFINITY;
  const gap = Math.abs(Number(left) - Number(right));
  return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
}

async function nextRow(table: Table): Promise<readonly string[] | null> {
  const next = await table.next();
  return next.done === true ? null : (next.value as readonly string[]);
}

async function find(table: Table, id: string | undefined): Promise<readonly string[] | null> {
  for (let row = await nextRow(table); row !== null; row = await nextRow(table)) {
    if (row[0] === id) return row;
  }
  return null;
}
