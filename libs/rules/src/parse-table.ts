import { ruleActions, type RuleAction } from '#contracts/decision-reply.js';
import { didYouMean } from '#expression/problem.js';

import { parseCsv, type CsvRow } from './csv.js';
import { readId } from './parse-rule.js';
import {
  ruleModes,
  SCORE_DELTA_MAX,
  unknownPolicies,
  type RuleDefinition,
  type RulesetFile,
  type RuleMode,
  type TableDefinition,
  type TextPlace,
  type UnknownPolicy,
} from './ruleset.js';
import type { ProblemLog, YamlValue } from './yaml-reader.js';

export interface ParsedTable {
  readonly definition: TableDefinition;
  readonly rules: readonly RuleDefinition[];
}

const FIELDS = ['id', 'name', 'file', 'rows', 'hit', 'mode', 'on_unknown'] as const;
/** Columns that are not conditions. */
const RESULT_COLUMNS = ['id', 'name', 'action', 'reason', 'score', 'tags'] as const;

interface TableHead {
  readonly id: string;
  readonly name: string;
  readonly mode: RuleMode;
  readonly onUnknown: UnknownPolicy;
}

/**
 * Reads one decision table, from a CSV file or from `rows` in place: every row becomes a rule
 * `table.row` whose condition, made when the types of the columns are known, joins its cells with
 * `&&`.
 */
export function parseTable(
  value: YamlValue,
  files: readonly RulesetFile[],
  log: ProblemLog,
): ParsedTable | undefined {
  const fields = value.fields(FIELDS);
  if (fields === undefined) return undefined;
  const id = readId(value, fields.get('id'));
  if (id === undefined) return undefined;
  log.about(`table ${id}`);
  const mode = fields.get('mode')?.choice(ruleModes) ?? 'active';
  if (mode === 'rollout') fields.get('mode')!.refuse('a table cannot be in rollout');
  const onUnknown = fields.get('on_unknown')?.choice(unknownPolicies) ?? 'skip';
  const hitPolicy = fields.get('hit')?.choice(['first', 'collect']) ?? 'first';
  const head = { id, name: fields.get('name')?.text() ?? id, mode, onUnknown };
  const rows = readRows(value, fields, files);
  const rules = rows?.flatMap((row, index) => readRow({ head, row, index, log }) ?? []);
  if (rules === undefined) return undefined;
  return { definition: { id, hitPolicy }, rules };
}

interface TableRow {
  readonly cells: ReadonlyMap<string, string>;
  readonly place: TextPlace;
}

function readRows(
  table: YamlValue,
  fields: ReadonlyMap<string, YamlValue>,
  files: readonly RulesetFile[],
): readonly TableRow[] | undefined {
  const inPlace = fields.get('rows');
  if (inPlace !== undefined) {
    return inPlace.items()?.flatMap((item) => {
      const cells = item.entries()?.map(([name, cell]) => [name, cell.text() ?? ''] as const);
      const place = item.placeOf();
      return cells === undefined ? [] : [{ cells: new Map(cells), place }];
    });
  }
  const name = (fields.get('file') ?? table.refuse('the table needs file: or rows:'))?.text();
  if (name === undefined) return undefined;
  const file = files.find((each) => each.name === name);
  if (file === undefined) {
    const near = didYouMean(
      name,
      files.map((each) => each.name),
    );
    return fields.get('file')!.refuse(`the ruleset has no file ${name}${near}`);
  }
  return csvRows(file, parseCsv(file.text), table);
}

function csvRows(
  file: RulesetFile,
  rows: readonly CsvRow[],
  table: YamlValue,
): readonly TableRow[] | undefined {
  const [header, ...body] = rows;
  if (header === undefined) return table.refuse(`the table ${file.name} is empty`);
  return body.map(({ line, cells }) => ({
    cells: new Map(header.cells.map((name, index) => [name, cells[index] ?? ''])),
    place: { file: file.name, locate: () => ({ line, column: 1 }) },
  }));
}

interface RowContext {
  readonly head: TableHead;
  readonly row: TableRow;
  readonly index: number;
  readonly log: ProblemLog;
}

function readRow({ head, row, index, log }: RowContext): RuleDefinition | undefined {
  const { cells, place } = row;
  const refuse = (message: string): undefined => {
    log.add({ file: place.file, ...place.locate(0), message });
    return undefined;
  };
  const key = cells.get('id') || String(index + 1);
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(key)) return refuse(`${key} is not a row id`);
  const action = readAction(cells.get('action') ?? '', refuse);
  const reason = cells.get('reason') || null;
  const scoreDelta = Number(cells.get('score') || 0);
  if (!(Math.abs(scoreDelta) <= SCORE_DELTA_MAX))
    return refuse('the score is not a number of points');
  if (action === undefined) return undefined;
  if (action !== 'tag' && reason === null) return refuse(`a row that can ${action} needs a reason`);
  const results: readonly string[] = RESULT_COLUMNS;
  return {
    id: `${head.id}.${key}`,
    name: cells.get('name') || `${head.name}, row ${key}`,
    when: { text: '', place },
    cells: new Map([...cells].filter(([column]) => !results.includes(column))),
    action,
    reason,
    mode: head.mode,
    rolloutPercent: 100,
    unit: null,
    onUnknown: head.onUnknown,
    scoreDelta,
    tags: (cells.get('tags') ?? '').split(/\s+/).filter(Boolean),
    table: head.id,
  };
}

function readAction(
  written: string,
  refuse: (message: string) => undefined,
): RuleAction | undefined {
  const action = ruleActions.find((each) => each === written);
  return action ?? refuse(`${written} is not an action${didYouMean(written, ruleActions)}`);
}
