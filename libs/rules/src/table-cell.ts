import type { SignalSchema } from '#contracts/signals.js';

const OPERATOR = /^(==|!=|>=|<=|>|<)\s*(.+)$/;
const RANGE = /^(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)$/;

/**
 * The condition of a table row: its cells joined with `&&`; a row of empty cells takes everything.
 */
export function rowCondition(cells: ReadonlyMap<string, string>, schema: SignalSchema): string {
  const conditions = [...cells].flatMap(
    ([column, cell]) => cellCondition(column, cell, schema) ?? [],
  );
  return conditions.length === 0 ? 'true' : conditions.join(' && ');
}

/**
 * One cell of a decision table as a condition on its column:
 * empty or `-` says nothing; `> 500`, `!= EUR` compare; `100..500` is a range, both ends included;
 * `US | CA` is one of several; `missing` and `present` ask whether there is a value; anything else
 * is equality. In the column `when` the cell is an expression of its own.
 *
 * @returns null where the cell says nothing.
 */
export function cellCondition(column: string, cell: string, schema: SignalSchema): string | null {
  if (cell === '' || cell === '-') return null;
  if (column === 'when') return `(${cell})`;
  if (cell === 'missing') return `is_missing(${column})`;
  if (cell === 'present') return `has(${column})`;
  const isText = schema.definitionOf(column)?.type === 'string';
  const range = isText ? null : RANGE.exec(cell);
  if (range !== null) return `${column} >= ${range[1]!} && ${column} <= ${range[2]!}`;
  const operator = OPERATOR.exec(cell);
  if (operator !== null) return `${column} ${operator[1]!} ${literal(operator[2]!, isText)}`;
  const choices = cell.split('|').map((choice) => literal(choice.trim(), isText));
  return choices.length === 1
    ? `${column} == ${choices[0]!}`
    : `${column} in [${choices.join(', ')}]`;
}

/**
 * In a column of texts the quotes may be left out, so that `5411` is a merchant category and not a
 * number.
 */
function literal(written: string, isText: boolean): string {
  if (!isText || /^"(?:[^"\\]|\\.)*"$/.test(written)) return written;
  return JSON.stringify(written);
}
