import { dirname, join } from 'node:path';
import { isCsvName, readCsv, readCsvBatches, readLines } from '../cli/read-table.js';
import { UserError } from '../cli/user-error.js';
import type { HistoryItem, ReadRow, RowReader } from './history-item.js';
import { compileMapping } from './mapped-row.js';
import type { Mapping } from './mapping.js';
import { pathRowReader, readRequest } from './request-row.js';

const BATCH_ROWS = 512;
const JOIN_ROWS_MAX = 5_000_000;
const PROBLEMS_SHOWN_MAX = 5;
/**
 * Histories merged from several sources are a little out of order, and naive local times repeat an
 * hour each autumn; more than that is a file in another order.
 */
const DISORDER_MS_MAX = 3_600_000;

export interface HistoryOptions {
  readonly path: string;
  /**
   * Null: the file holds requests already, as lines of JSON or as CSV whose columns are their
   * paths.
   */
  readonly mapping: Mapping | null;
  readonly tokenise: (kind: string, value: string) => string;
  /** Leave out rows that cannot become a request, instead of stopping at the first. */
  readonly skipInvalid: boolean;
}

/**
 * A history file as payments, in its own order, in batches: one turn of the event loop per row
 * would cost too much.
 */
export class History {
  skipped = 0;
  readonly problems: string[] = [];

  constructor(private readonly options: HistoryOptions) {}

  async *batches(): AsyncGenerator<readonly HistoryItem[], void, undefined> {
    let row = 0;
    let latestMs = Number.NEGATIVE_INFINITY;
    for await (const reads of this.reads()) {
      const items: HistoryItem[] = [];
      for (const read of reads) {
        if (read.ok) {
          latestMs = Math.max(latestMs, read.item.timeMs);
          if (read.item.timeMs < latestMs - DISORDER_MS_MAX) this.refuseDisorder(row);
          items.push({ ...read.item, row });
        } else this.refuse(row, read.problem);
        row += 1;
      }
      yield items;
    }
  }

  private refuseDisorder(row: number): never {
    const problem = `row ${row + 1} is more than an hour older than a row before it`;
    throw new UserError(`${this.options.path}: ${problem}`, 'sort the file by time');
  }

  private refuse(row: number, problem: string): void {
    const text = `row ${row + 1}: ${problem}`;
    if (!this.options.skipInvalid) {
      const advice = 'mend the mapping, or leave such rows out with --skip-invalid';
      throw new UserError(`${this.options.path}: ${text}`, advice);
    }
    this.skipped += 1;
    if (this.problems.length < PROBLEMS_SHOWN_MAX) this.problems.push(text);
  }

  private async *reads(): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { path, mapping } = this.options;
    if (isCsvName(path)) {
      yield* this.csvReads();
      return;
    }
    const read = mapping === null ? readRequest : await this.bindLines(mapping);
    let reads: ReadRow[] = [];
    for await (const line of readLines(path)) {
      if (line === '') continue;
      const value = parseLine(line);
      reads.push(value === undefined ? { ok: false, problem: 'is no line of JSON' } : read(value));
      if (reads.length < BATCH_ROWS) continue;
      yield reads;
      reads = [];
    }
    yield reads;
  }

  private async *csvReads(): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { path, mapping } = this.options;
    let read: RowReader | null = null;
    for await (const rows of readCsvBatches(path)) {
      const [first] = rows;
      if (read !== null) {
        yield rows.map(read);
      } else if (first !== undefined) {
        read = mapping === null ? this.readPaths(first) : await this.bind(mapping, first);
        yield rows.slice(1).map(read);
      }
    }
    if (read === null) throw new UserError(`${path} is empty`, 'name a file with a header');
  }

  private readPaths(columns: readonly string[]): RowReader {
    if (columns.includes('event_time')) return pathRowReader(columns);
    throw new UserError(
      `${this.options.path}: no column event_time; there are: ${columns.join(', ')}`,
      'say by --mapping how its columns become requests: see docs/guides/replay.md',
    );
  }

  /** Lines of JSON through a mapping: its columns are the dotted paths of each line's values. */
  private async bindLines(mapping: Mapping): Promise<(line: unknown) => ReadRow> {
    const columns = columnsOf(mapping);
    const read = await this.bind(mapping, columns);
    return (line) => {
      const flat = flatten(line);
      return read(columns.map((column) => flat.get(column) ?? ''));
    };
  }

  private async bind(mapping: Mapping, own: readonly string[]): Promise<RowReader> {
    const joins = await Promise.all(
      Object.entries(mapping.joins).map(([name, join]) =>
        readJoin(name, { ...join, beside: this.options.path, own }),
      ),
    );
    const columns = [...own, ...joins.flatMap((join) => join.columns)];
    const compiled = compileMapping(mapping, { columns, tokenise: this.options.tokenise });
    if (!compiled.ok) {
      throw new UserError(
        `the mapping does not fit ${this.options.path}:\n  ${compiled.problems.join('\n  ')}`,
        'name columns that the file has',
      );
    }
    if (joins.length === 0) return compiled.value;
    return (row) => compiled.value([...row, ...joins.flatMap((join) => join.cells(row))]);
  }
}

interface Join {
  readonly columns: readonly string[];
  readonly cells: (row: readonly string[]) => readonly string[];
}

interface JoinPlace {
  readonly file: string;
  readonly on: string;
  readonly beside: string;
  readonly own: readonly string[];
}

/** Reads a file beside the history, whole, keyed by the shared column. */
async function readJoin(name: string, place: JoinPlace): Promise<Join> {
  const path = join(dirname(place.beside), place.file);
  const position = place.own.indexOf(place.on);
  const rows = new Map<string, readonly string[]>();
  let columns: readonly string[] | null = null;
  let key = -1;
  for await (const row of readCsv(path)) {
    if (columns === null) {
      columns = row;
      key = row.indexOf(place.on);
      continue;
    }
    rows.set(row[key] ?? '', row);
    if (rows.size > JOIN_ROWS_MAX) {
      throw new UserError(`${path}: more than ${JOIN_ROWS_MAX} rows`, 'join beforehand');
    }
  }
  if (columns === null || position < 0 || key < 0) {
    const problem = `join ${name}: the column ${place.on} must be in the history and in ${path}`;
    throw new UserError(problem, 'correct joins in the mapping');
  }
  const none = columns.map(() => '');
  return {
    columns: columns.map((column) => `${name}.${column}`),
    cells: (row) => rows.get(row[position] ?? '') ?? none,
  };
}

function columnsOf(mapping: Mapping): readonly string[] {
  const { currency } = mapping.amount;
  return [
    mapping.transaction_id,
    mapping.event_time.column,
    mapping.amount.column,
    ...(typeof currency === 'string' ? [] : [currency.column]),
    ...(mapping.label === undefined ? [] : [mapping.label.column]),
    ...Object.values(mapping.joins).map((join) => join.on),
    ...Object.values(mapping.fields).flatMap((source) =>
      'column' in source && !isJoined(mapping, source.column) ? [source.column] : [],
    ),
  ];
}

function isJoined(mapping: Mapping, column: string): boolean {
  return Object.keys(mapping.joins).some((name) => column.startsWith(`${name}.`));
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Nested values by their dotted path, as text. */
function flatten(value: unknown, prefix = '', into = new Map<string, string>()) {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      flatten(inner, prefix === '' ? key : `${prefix}.${key}`, into);
    }
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    into.set(prefix, String(value));
  }
  return into;
}
