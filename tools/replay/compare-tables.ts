const EXAMPLES_MAX = 10;
/** More rows than this differ for a reason that the first of them show as well. */
const IDS_KEPT_MAX = 100_000;

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
  /** Rows in which any column differs. */
  readonly differing: number;
  /** Their ids, the first hundred thousand. */
  readonly differingIds: ReadonlySet<string>;
  readonly columns: readonly ColumnDifference[];
  /** Columns that only one of the tables has. */
  readonly uncompared: readonly string[];
  readonly examples: readonly string[];
}

type Row = readonly string[];
type Table = AsyncIterator<Row, unknown>;

/**
 * Compares two tables by their columns' names, joining rows by the first column; both must be in
 * the same order, and the first may have rows that the second lacks. Numbers are compared as
 * numbers, empty cells only equal empty cells.
 */
export async function compareTables(
  first: AsyncIterable<Row>,
  second: AsyncIterable<Row>,
  tolerance: number,
): Promise<TableComparison> {
  const expected = first[Symbol.asyncIterator]();
  const actual = second[Symbol.asyncIterator]();
  const names = (await nextRow(expected)) ?? [];
  const own = (await nextRow(actual)) ?? [];
  const rowComparison = new RowComparison(names, own, tolerance);
  let rows = 0;
  let missing = 0;
  for (let row = await nextRow(actual); row !== null; row = await nextRow(actual)) {
    const match = await find(expected, row[0]);
    if (match === null) {
      missing += 1;
      continue;
    }
    rows += 1;
    rowComparison.compare(match, row);
  }
  const { differing, differingIds, columns, examples } = rowComparison;
  const shared = new Set(columns.map(({ name }) => name));
  const uncompared = [...new Set([...names.slice(1), ...own.slice(1)])].filter(
    (name) => !shared.has(name),
  );
  return { rows, missing, differing, differingIds, columns, uncompared, examples };
}

/** Compares rows that belong together, and remembers how they differed. */
class RowComparison {
  readonly columns: readonly ColumnDifference[];
  readonly differingIds = new Set<string>();
  readonly examples: string[] = [];
  differing = 0;
  /** Where each shared column is in the one table and in the other. */
  private readonly places: readonly (readonly [left: number, right: number])[];

  constructor(
    names: Row,
    own: Row,
    private readonly tolerance: number,
  ) {
    const shared = own.slice(1).filter((name) => names.slice(1).includes(name));
    this.columns = shared.map((name) => ({ name, differing: 0, largest: 0 }));
    this.places = shared.map((name) => [names.indexOf(name, 1), own.indexOf(name, 1)]);
  }

  compare(expected: Row, actual: Row): void {
    let differs = false;
    for (const [index, column] of this.columns.entries()) {
      const [left, right] = this.places[index] ?? [-1, -1];
      const gap = gapBetween(expected[left] ?? '', actual[right] ?? '');
      column.largest = Math.max(column.largest, gap);
      if (gap <= this.tolerance) continue;
      column.differing += 1;
      differs = true;
      if (this.examples.length < EXAMPLES_MAX) {
        const values = `${expected[left]} against ${actual[right]}`;
        this.examples.push(`${actual[0]} ${column.name}: ${values}`);
      }
    }
    if (!differs) return;
    this.differing += 1;
    if (this.differingIds.size < IDS_KEPT_MAX) this.differingIds.add(actual[0] ?? '');
  }
}

/** Infinity where one is empty, or one is a text and they differ. */
function gapBetween(left: string, right: string): number {
  if (left === right) return 0;
  if (left === '' || right === '') return Number.POSITIVE_INFINITY;
  const gap = Math.abs(Number(left) - Number(right));
  return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
}

async function nextRow(table: Table): Promise<Row | null> {
  const next = await table.next();
  return next.done === true ? null : (next.value as Row);
}

async function find(table: Table, id: string | undefined): Promise<Row | null> {
  for (let row = await nextRow(table); row !== null; row = await nextRow(table)) {
    if (row[0] === id) return row;
  }
  return null;
}
