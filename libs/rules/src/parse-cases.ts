import { decisions } from '#contracts/decision-reply.js';
import { didYouMean } from '#expression/problem.js';

import { parseCsv, type CsvRow } from './csv.js';
import type { CaseDefinition, RulesetFile } from './ruleset.js';
import type { ProblemLog } from './yaml-reader.js';

const FILE = 'cases.csv';
const CASES_MAX = 10_000;

/**
 * Reads `cases.csv`: named transactions with the decision and the rules they must give. Every other
 * column is a signal; an empty cell is a missing value.
 */
export function parseCases(
  files: readonly RulesetFile[],
  log: ProblemLog,
): readonly CaseDefinition[] {
  const file = files.find((each) => each.name === FILE);
  if (file === undefined) return [];
  const [header, ...rows] = parseCsv(file.text);
  const required = ['name', 'expected_decision', 'expected_rules'];
  const absent = required.filter((name) => !header?.cells.includes(name));
  if (header === undefined || absent.length > 0) {
    const message = `the header needs the columns ${required.join(', ')}`;
    log.add({ file: FILE, line: header?.line ?? 1, column: 1, message });
    return [];
  }
  if (rows.length > CASES_MAX) {
    const message = `${rows.length} cases; ${CASES_MAX} are allowed`;
    log.add({ file: FILE, line: 1, column: 1, message });
  }
  return rows.flatMap((row) => readCase(header.cells, row, log) ?? []);
}

function readCase(
  header: readonly string[],
  row: CsvRow,
  log: ProblemLog,
): CaseDefinition | undefined {
  const { line, cells } = row;
  const refuse = (message: string): undefined => {
    log.add({ file: FILE, line, column: 1, message });
    return undefined;
  };
  if (cells.length !== header.length) {
    return refuse(`${cells.length} cells; the header has ${header.length}`);
  }
  const byColumn = new Map(header.map((name, index) => [name, cells[index]!]));
  const decision = byColumn.get('expected_decision')!;
  const expectedDecision = decisions.find((each) => each === decision);
  if (expectedDecision === undefined) {
    return refuse(`${decision} is not a decision${didYouMean(decision, decisions)}`);
  }
  const special = new Set(['name', 'expected_decision', 'expected_rules']);
  const values = [...byColumn].filter(([name, cell]) => !special.has(name) && cell !== '');
  return {
    name: byColumn.get('name')!,
    line,
    values: new Map(values),
    expectedDecision,
    expectedRules: byColumn.get('expected_rules')!.split(/\s+/).filter(Boolean),
  };
}
