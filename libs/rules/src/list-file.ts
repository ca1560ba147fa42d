import type { SignalSchema } from '#contracts/signals.js';
import { normaliseValue, tokenKindOf, tokenKinds, tokenOf } from '#contracts/token-values.js';
import type { Pseudonym } from '#contracts/token-values.js';
import type { ListCatalogue, ListLookup } from '#expression/lists.js';
import { didYouMean } from '#expression/problem.js';

import { parseCsv } from './csv.js';
import { PackedSet } from './packed-set.js';
import type { Parsed, RulesetProblem } from './ruleset-problem.js';
import type { RulesetFile } from './ruleset.js';

/** The lists rules may ask, by name. */
export interface Lists extends ListCatalogue {
  find(name: string): LoadedList | undefined;
}

export interface LoadedList extends ListLookup {
  readonly entryCount: number;
  readonly bytes: number;
}

/**
 * Plain values up to this many are kept as they are, so that no hash can be mistaken for another.
 */
const EXACT_ENTRIES_MAX = 100_000;
const PROBLEMS_MAX = 20;
const NAME = /^(?:.*\/)?([a-z0-9][a-z0-9_-]{0,63})\.csv$/;
const KIND = /^#\s*kind\s*:\s*([A-Za-z][A-Za-z0-9_.]*)\s*$/;
const EXPIRY_SECONDS_MAX = 2 ** 32 - 1;

/**
 * Reads list files: a comment `# kind: email` naming the field the values are of, a header
 * `value,expires_at,reason`, one value a line. Values are spelt as the door spells them; those of
 * personal fields become the very pseudonyms that transactions carry, and are not kept in clear.
 */
export function loadLists(files: readonly RulesetFile[], source: ListSource): Parsed<Lists> {
  const lists = new Map<string, LoadedList>();
  const problems: RulesetProblem[] = [];
  for (const file of files) {
    const list = loadList(file, source, problems);
    if (list === undefined) continue;
    if (lists.has(list.name)) {
      const message = `two list files are named ${list.name}`;
      problems.push({ file: file.name, line: 1, column: 1, message });
    }
    lists.set(list.name, list);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { names: () => lists.keys(), find: (name) => lists.get(name) } };
}

export interface ListSource {
  /** Its signals are the kinds that lists may be of. */
  readonly schema: SignalSchema;
  readonly pseudonym: Pseudonym;
}

/** For rulesets that use no lists. */
export const noLists: Lists = { names: () => [], find: () => undefined };

function loadList(
  file: RulesetFile,
  { schema, pseudonym }: ListSource,
  problems: RulesetProblem[],
): LoadedList | undefined {
  const refuse = (line: number, message: string, hint?: string): undefined => {
    const problem = { file: file.name, line, column: 1, message };
    if (problems.length < PROBLEMS_MAX) {
      problems.push(hint === undefined ? problem : { ...problem, hint });
    }
    return undefined;
  };
  const name = NAME.exec(file.name)?.[1];
  if (name === undefined) return refuse(1, 'a list file is named in lower case, such as vips.csv');
  const kind = findKind(file.text);
  if (kind === null) {
    return refuse(1, 'the list does not say what it holds', 'begin it with `# kind: card`');
  }
  const known = knownKind(kind, schema);
  if (typeof known === 'string') return refuse(1, known, 'name a text field, or `string`');
  const { tokenKind } = known;
  const entries: Entry[] = [];
  let header: readonly string[] | null = null;
  forEachRow(file.text, (cells, line) => {
    if (header === null) {
      header = cells;
      if (cells[0] !== 'value') refuse(line, 'the header must be value,expires_at,reason');
      return;
    }
    const value = cells[0]!;
    const expiresAt = readExpiry(cells[header.indexOf('expires_at')] ?? '');
    if (value === '') refuse(line, 'the value is empty');
    if (expiresAt === null) refuse(line, 'expires_at is not a date', 'write 2026-12-31T00:00:00Z');
    const stored =
      tokenKind === null ? normaliseValue(kind, value) : tokenOf(tokenKind, value, pseudonym);
    entries.push({ value: stored, expiresAt: expiresAt ?? 0 });
  });
  const head = { name, kind, tokenKind };
  return tokenKind !== null || entries.length > EXACT_ENTRIES_MAX
    ? packedList(head, entries)
    : exactList(head, entries);
}

/** What a list of this kind holds, or why there is no such kind. */
function knownKind(
  kind: string,
  schema: SignalSchema,
): { readonly tokenKind: string | null } | string {
  if (kind === 'string') return { tokenKind: null };
  if (tokenKinds.has(kind)) return { tokenKind: kind };
  const signal = kind.replace(/^metadata\./, '');
  const type = schema.definitionOf(signal)?.type;
  if (type === 'token') return { tokenKind: tokenKindOf(signal) };
  if (type === 'string') return { tokenKind: null };
  if (type !== undefined) return `a list holds texts; ${kind} is a ${type}`;
  const names = schema.definitions.map((each) => each.name);
  return `unknown kind ${kind}${didYouMean(kind, [...names, ...tokenKinds])}`;
}

interface Entry {
  readonly value: string;
  /** Epoch seconds, 0 for never. */
  readonly expiresAt: number;
}

type ListHead = Pick<LoadedList, 'name' | 'kind' | 'tokenKind'>;

function packedList(head: ListHead, entries: readonly Entry[]): LoadedList {
  const set = new PackedSet(entries.length);
  for (const { value, expiresAt } of entries) set.add(value, expiresAt);
  const has: ListLookup['has'] = (value, atMs) => set.has(value, atMs);
  return { ...head, entryCount: set.size, bytes: set.bytes, has };
}

function exactList(head: ListHead, entries: readonly Entry[]): LoadedList {
  const expiries = new Map<string, number>();
  for (const { value, expiresAt } of entries) {
    const before = expiries.get(value) ?? expiresAt;
    expiries.set(value, before === 0 || expiresAt === 0 ? 0 : Math.max(before, expiresAt));
  }
  const has: ListLookup['has'] = (value, atMs) => {
    const expiresAt = expiries.get(value);
    if (expiresAt === undefined) return false;
    return expiresAt === 0 || !(atMs >= expiresAt * 1000);
  };
  const bytes = entries.reduce((sum, { value }) => sum + 64 + value.length * 2, 0);
  return { ...head, entryCount: expiries.size, bytes, has };
}

/** The comment lines before the first row. */
function findKind(text: string): string | null {
  for (const line of text.slice(0, 4_096).split('\n')) {
    if (!line.startsWith('#')) return null;
    const kind = KIND.exec(line.trim())?.[1];
    if (kind !== undefined) return kind;
  }
  return null;
}

/**
 * Walks the lines without splitting a large file; only lines with quotes go through the CSV reader.
 */
function forEachRow(text: string, visit: (cells: readonly string[], line: number) => void): void {
  let line = 0;
  for (let start = 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    const row = text.slice(start, end).trim();
    line += 1;
    start = end + 1;
    if (row === '' || row.startsWith('#')) continue;
    if (!row.includes('"'))
      visit(
        row.split(',').map((cell) => cell.trim()),
        line,
      );
    else visit(parseCsv(row)[0]?.cells ?? [''], line);
  }
}

/** @returns Epoch seconds, 0 for never, null for what is not a time. */
function readExpiry(cell: string): number | null {
  if (cell === '') return 0;
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(cell))
    return null;
  const seconds = Math.ceil(Date.parse(cell) / 1000);
  return seconds > 0 && seconds <= EXPIRY_SECONDS_MAX ? seconds : null;
}
