import type { Command } from 'commander';
import { percent, whole } from '../cli/format-number.js';
import { readCsv } from '../cli/read-table.js';
import { compareTables } from './compare-tables.js';

const TOLERANCE = 1e-9;

/**
 * Adds `compare`, which holds one feature file against another, such as a replay's against
 * published values.
 */
export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('Compares two feature files row by row, by the first column, in the same order.')
    .argument('<expected>', 'CSV; may have more rows than the other')
    .argument('<actual>', 'CSV; each row must be in the other')
    .option('--tolerance <number>', 'largest difference that is none', Number, TOLERANCE)
    .action(async (expected: string, actual: string, options: { readonly tolerance: number }) => {
      const result = await compareTables(readCsv(expected), readCsv(actual), options.tolerance);
      for (const { name, differing, largest } of result.columns) {
        const verdict =
          differing === 0
            ? 'equal'
            : `${whole(differing)} differ (${percent(differing / result.rows, 4)})`;
        process.stdout.write(`${name.padEnd(42)} ${verdict}, largest difference ${largest}\n`);
      }
      const { rows, missing, uncompared, examples } = result;
      process.stdout.write(`${whole(rows)} rows compared, ${whole(missing)} not found\n`);
      if (uncompared.length > 0) process.stdout.write(`only in one: ${uncompared.join(', ')}\n`);
      for (const example of examples) process.stdout.write(`  ${example}\n`);
      const equal = rows > 0 && missing === 0 && result.columns.every((one) => one.differing === 0);
      process.exitCode = equal ? 0 : 1;
    });
}
