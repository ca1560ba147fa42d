import type { Command } from 'commander';
import { percent, whole } from '../cli/format-number.js';
import { notNegative } from '../cli/number-option.js';
import { readCsv } from '../cli/read-table.js';
import { compareTables, type TableComparison } from './compare-tables.js';
import { readPlan } from './offline-artifacts.js';
import { History } from './read-history.js';
import { findFiles } from './replay-files.js';
import { findTies } from './ties.js';

const TOLERANCE = 1e-9;
const NAME_WIDTH = 42;
const SHARE_DECIMALS = 4;

interface CompareOptions {
  readonly tolerance: number;
  readonly ties?: string;
  readonly example?: string;
  readonly mapping?: string;
  readonly catalogue?: string;
}

/**
 * Adds `compare`, which holds one feature file against another, such as a replay's against
 * published values.
 */
export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .summary('compare two feature files')
    .description(
      'Compares two feature files by the names of their columns, row by row.\n' +
        'Rows belong together by the first column and come in the same order. Ends with 1 when ' +
        'anything differs.',
    )
    .argument('<expected>', 'CSV; may have more rows than the other')
    .argument('<actual>', 'CSV; each row must be in the other')
    .option('--tolerance <number>', 'largest difference that is none', notNegative, TOLERANCE)
    .option('--ties <history>', 'excuse rows whose order this history does not tell')
    .option('--example <folder>', 'with --ties: the mapping and catalogue of an example')
    .option('--mapping <file>', "with --ties: how the history's columns become requests")
    .option('--catalogue <file>', 'with --ties: names the entities (default: rules/features.yaml)')
    .action(async (expected: string, actual: string, options: CompareOptions) => {
      const result = await compareTables(readCsv(expected), readCsv(actual), options.tolerance);
      const tied = options.ties === undefined ? 0 : await countTied(options.ties, options, result);
      process.stdout.write(formatComparison(result, options.ties === undefined ? null : tied));
      const { rows, missing, differing } = result;
      process.exitCode = rows > 0 && missing === 0 && differing === tied ? 0 : 1;
    });
}

async function countTied(
  path: string,
  options: CompareOptions,
  { differingIds }: TableComparison,
): Promise<number> {
  const { mapping, featuresFile } = await findFiles({ ...options, ruleset: false, model: false });
  const { keyPaths } = await readPlan(featuresFile);
  // Nothing leaves this process, so that tokens may stay the values that they stand for.
  const tokenise = (_kind: string, value: string): string => value;
  const history = new History({ path, mapping, tokenise, skipInvalid: true });
  return (await findTies(history.batches(), differingIds, keyPaths)).size;
}

/** @param tied  How many of the differing rows are tied; null when that was not asked. */
function formatComparison(result: TableComparison, tied: number | null): string {
  const { rows, missing, differing, columns, uncompared, examples } = result;
  const lines = columns.map((column) => {
    if (rows === 0) return `${column.name.padEnd(NAME_WIDTH)} not compared`;
    const share = percent(column.differing / rows, SHARE_DECIMALS);
    const verdict =
      column.differing === 0 ? 'equal' : `${whole(column.differing)} differ (${share})`;
    const largest = `largest difference ${Number(column.largest.toPrecision(3))}`;
    return `${column.name.padEnd(NAME_WIDTH)} ${verdict}, ${largest}`;
  });
  lines.push(...examples.map((example) => `  ${example}`));
  if (uncompared.length > 0) lines.push(`only in one: ${uncompared.join(', ')}`);
  lines.push(`${whole(rows)} rows compared, ${whole(columns.length)} columns`);
  if (missing > 0) lines.push(`${whole(missing)} rows of the second are not in the first`);
  if (differing > 0) lines.push(`${whole(differing)} rows differ`);
  else if (rows > 0) lines.push('all rows compared are equal');
  else lines.push('nothing was compared: no row of the second is in the first');
  if (tied !== null && differing > 0) {
    lines.push(`${whole(tied)} of them share an entity with another transaction of the same time`);
  }
  return `${lines.join('\n')}\n`;
}
