import { decisions } from '#contracts/decision-reply.js';
import { didYouMean } from '#expression/problem.js';

import { parseCsv, type CsvRow } from './csv.js';
import type { CaseDefinition, RulesetFile } from './ruleset.js';
import type { ProblemLog } from './yaml-reader.js';

const FILE = 'cases.csv';
const CASES_MAX = 10_000;

const REQUIRED = ['name', 'expected_decision', 'expected_rules'] as const;
/** Columns that are not signals. */
const SPECIAL: ReadonlySet<string> = new Set([...REQUIRED, 'like', 'given']);

/**
 * Reads `cases.csv`: named transactions with the decision and the rules they must give. Every other
 * column is a signal; an empty cell is a missing value. Two optional columns keep the file narrow:
 * `like` starts from the values of an earlier case, and `given` sets further signals as
 * `amount=40; ip_country=BR`, where `ip_country=` makes one missing.
 */
export function parseCases(
  files: readonly RulesetFile[],
  log: ProblemLog,
): readonly CaseDefinition[] {
  const file = files.find((each) => each.name === FILE);
  if (file === undefined) return [];
  const [header, ...rows] = parseCsv(file.text);
  const absent = REQUIRED.filter((name) => !header?.cells.includes(name));
  if (header === undefined || absent.length > 0) {
    const message = `the header needs the columns ${REQUIRED.join(', ')}`;
    log.add({ file: FILE, line: header?.line ?? 1, column: 1, message });
    return [];
  }
  if (rows.length > CASES_MAX) {
    const message = `${rows.length} cases; ${CASES_MAX} are allowed`;
    log.add({ file: FILE, line: 1, column: 1, message });
    return [];
  }
  const cases = new Map<string, CaseDefinition>();
  for (const row of rows) {
    const read = readCase({ header: header.cells, row, earlier: cases });
    if (typeof read === 'string') {
      log.add({ file: FILE, line: row.line, column: 1, message: read });
    } else {
      cases.set(read.name, read);
    }
  }
  return [...cases.values()];
}

interface CaseSource {
  readonly header: readonly string[];
  readonly row: CsvRow;
  readonly earlier: ReadonlyMap<string, CaseDefinition>;
}

/** @returns The case, or what is wrong with it. */
function readCase({ header, row, earlier }: CaseSource): CaseDefinition | string {
  const { line, cells } = row;
  if (cells.length !== header.length) {
    return `${cells.length} cells; the header has ${header.length}`;
  }
  const byColumn = new Map(header.map((name, index) => [name, cells[index]!]));
  const name = byColumn.get('name')!;
  if (name === '') return 'the case has no name';
  if (earlier.has(name)) return `two cases are named ${name}`;
  const decision = byColumn.get('expected_decision')!;
  const expectedDecision = decisions.find((each) => each === decision);
  if (expectedDecision === undefined) {
    return `${decision} is not a decision${didYouMean(decision, decisions)}`;
  }
  const like = byColumn.get('like') ?? '';
  const base = earlier.get(like);
  if (like !== '' && base === undefined) {
    return `no earlier case is named ${like}${didYouMean(like, earlier.keys())}`;
  }
  const values = new Map(base?.values);
  for (const [column, cell] of byColumn) {
    if (!SPECIAL.has(column) && cell !== '') values.set(column, cell);
  }
  const slip = setGiven(values, byColumn.get('given') ?? '');
  if (slip !== null) return slip;
  const expectedRules = byColumn.get('expected_rules')!.split(/\s+/).filter(Boolean);
  return { name, line, values, expectedDecision, expectedRules };
}

/** Applies `amount=40; ip_country=` to the values. @returns What cannot be read, or null. */
function setGiven(values: Map<string, string>, given: string): string | null {
  for (const part of given.split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals === -1) return `given: ${part.trim()} is not written as signal=value`;
    const signal = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (value === '') values.delete(signal);
    else values.set(signal, value);
  }
  return null;
}
