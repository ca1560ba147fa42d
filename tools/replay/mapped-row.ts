import { DecisionRequest } from '#contracts/decision-request.js';
import { parseDurationMs } from '#features/duration.js';
import { currencyDecimals } from '#features/money.js';
import { isoTime } from '../cli/iso-time.js';
import type { HistoryItem, HistoryLabel, ReadRow, RowReader } from './history-item.js';
import type { Mapping, Source } from './mapping.js';
import { timeReader } from './zoned-time.js';

const NUMBER_PATHS = /\.(latitude|longitude)$/;

/** A cell, by position. */
type Cell = (row: readonly string[]) => string;
type Value = (row: readonly string[]) => string | number | boolean | undefined;

export interface MappedRowOptions {
  readonly columns: readonly string[];
  /** Replaces a value by its keyed hash; `kind` keeps fields apart. */
  readonly tokenise: (kind: string, value: string) => string;
}

export type CompiledMapping =
  | { readonly ok: true; readonly value: RowReader }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Binds a mapping to the columns of a file, once, so that a row is read by position. */
export function compileMapping(mapping: Mapping, options: MappedRowOptions): CompiledMapping {
  const problems: string[] = [];
  const bind = (name: string): Cell => {
    const index = options.columns.indexOf(name);
    if (index < 0) problems.push(`no column ${name}; there are: ${options.columns.join(', ')}`);
    return (row) => row[index] ?? '';
  };
  const id = bind(mapping.transaction_id);
  const time = bind(mapping.event_time.column);
  const readTime = timeReader(mapping.event_time.unit, mapping.event_time.zone);
  const amount = amountReader(mapping, bind);
  const fields = Object.entries(mapping.fields).map(([path, source]) =>
    fieldOf(path, source, { bind, tokenise: options.tokenise }),
  );
  const label = labelReader(mapping, bind, problems);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: (row) => {
      const timeMs = readTime(time(row));
      if (!Number.isFinite(timeMs)) {
        return { ok: false, problem: `${mapping.event_time.column} is no time: "${time(row)}"` };
      }
      const body: Record<string, unknown> = {
        transaction_id: id(row),
        event_time: isoTime(timeMs),
        amount: amount(row),
      };
      for (const field of fields) setField(body, field, row);
      return checked(body, { timeMs, ...label(row) });
    },
  };
}

/**
 * Holds the body to the API's own schema, so that a wrong mapping shows before anything is sent.
 */
export function checked(body: unknown, rest: Omit<HistoryItem, 'row' | 'request'>): ReadRow {
  const parsed = DecisionRequest.safeParse(body);
  if (parsed.success) return { ok: true, item: { request: parsed.data, ...rest } };
  const [issue] = parsed.error.issues;
  const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`;
  return { ok: false, problem };
}

interface Field {
  readonly group: string | null;
  readonly key: string;
  readonly value: Value;
}

function setField(body: Record<string, unknown>, field: Field, row: readonly string[]): void {
  const value = field.value(row);
  if (value === undefined) return;
  if (field.group === null) {
    body[field.key] = value;
    return;
  }
  const group = (body[field.group] ??= {}) as Record<string, unknown>;
  group[field.key] = value;
}

interface Binding {
  readonly bind: (name: string) => Cell;
  readonly tokenise: MappedRowOptions['tokenise'];
}

function fieldOf(path: string, source: Source, { bind, tokenise }: Binding): Field {
  const dot = path.indexOf('.');
  const group = dot < 0 ? null : path.slice(0, dot);
  const key = path.slice(dot + 1);
  if ('value' in source) return { group, key, value: () => source.value };
  const cell = bind(source.column);
  const isNumber = NUMBER_PATHS.test(path);
  const value: Value = (row) => {
    const text = source.lower_case ? cell(row).toLowerCase() : cell(row);
    if (text === '') return undefined;
    if (source.token) return tokenise(path, text);
    return isNumber ? Number(text) : text;
  };
  return { group, key, value };
}

function amountReader({ amount }: Mapping, bind: (name: string) => Cell) {
  const cell = bind(amount.column);
  const { currency } = amount;
  const currencyOf: Cell = typeof currency === 'string' ? () => currency : bind(currency.column);
  return (row: readonly string[]) => {
    const code = currencyOf(row);
    const text = cell(row);
    const scale = amount.unit === 'minor' ? 1 : 10 ** currencyDecimals(code);
    return { value: text === '' ? undefined : Math.round(Number(text) * scale), currency: code };
  };
}

interface RowLabel {
  readonly isFraud: boolean | null;
  readonly label: HistoryLabel | null;
}

function labelReader(
  { label }: Mapping,
  bind: (name: string) => Cell,
  problems: string[],
): (row: readonly string[]) => RowLabel {
  if (label === undefined) return () => ({ isFraud: null, label: null });
  const delayMs = parseDurationMs(label.delay);
  if (delayMs === null) problems.push(`label.delay "${label.delay}" is no duration; write 7d`);
  const cell = bind(label.column);
  const fraud = new Set(label.fraud);
  const legit = new Set(label.legit);
  const { source } = label;
  const known = { source, delayMs: delayMs ?? 0 };
  return (row) => {
    const text = cell(row);
    if (fraud.has(text)) return { isFraud: true, label: { label: 'fraud', ...known } };
    return { isFraud: false, label: legit.has(text) ? { label: 'legit', ...known } : null };
  };
}
