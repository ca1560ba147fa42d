import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { Pool } from 'pg';
import { formatConfigProblems } from '#config/environment.js';
import { loadStoredLogConfig } from '#config/replay-config.js';
import { embeddedDatabaseOf } from '#platform/embedded-database.js';
import { whole } from '../cli/format-number.js';
import { wholeNumber } from '../cli/number-option.js';
import { UserError } from '../cli/user-error.js';
import { compareStored, Exchanges, type StoredComparison } from './compare-stored.js';

const WAIT_SECONDS = 60;
const WAIT_SECONDS_MAX = 86_400;
const POLL_MS = 1_000;
const CONNECTIONS = 2;

interface StoredOptions {
  readonly database?: string;
  readonly wait: number;
}

/** Adds `stored`, which holds what Postgres has of a replay against what the replay knows. */
export function addStoredCommand(program: Command): void {
  program
    .command('stored')
    .summary('compare what a replay was told with what is in Postgres')
    .description(
      'Compares every decision, rule hit, exposure, label and outcome of a replay with the rows in Postgres.\n' +
        'Ends with 1 when a row differs, is missing, or is there and not of the replay.',
    )
    .argument('<log>', 'what the replay wrote with --log')
    .option('--database <url>', 'postgres://... (default: DATABASE_URL, else the embedded one)')
    .option(
      '--wait <seconds>',
      'how long rows may be on their way',
      wholeNumber(0, WAIT_SECONDS_MAX),
      WAIT_SECONDS,
    )
    .action(async (path: string, { database, wait }: StoredOptions) => {
      const exchanges = await Exchanges.read(path);
      const result = await compareWithin(database ?? defaultDatabase(), exchanges, wait);
      process.stdout.write(formatStored(result));
      process.exitCode = isEqual(result) ? 0 : 1;
    });
}

async function compareWithin(
  url: string,
  exchanges: Exchanges,
  waitSeconds: number,
): Promise<StoredComparison> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  pool.on('error', () => undefined);
  const endsAtMs = performance.now() + waitSeconds * 1_000;
  try {
    for (;;) {
      const result = await compareStored(pool, exchanges);
      const isAllHere = result.tables.every(({ missing }) => missing === 0);
      if (isAllHere || performance.now() > endsAtMs) return result;
      await sleep(POLL_MS);
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`the log cannot be read: ${problem}`, 'name its database by --database');
  } finally {
    await pool.end();
  }
}

function isEqual({ tables }: StoredComparison): boolean {
  const isSame = tables.every((table) => table.differing + table.missing + table.surplus === 0);
  return isSame && tables.some(({ equal }) => equal > 0);
}

function formatStored(result: StoredComparison): string {
  const lines = result.tables.map(({ table, equal, differing, missing, surplus }) => {
    const wrong = `${whole(differing)} differ, ${whole(missing)} missing, ${whole(surplus)} more`;
    return `${table.padEnd(10)} ${whole(equal)} equal, ${wrong}`;
  });
  lines.push(`with ${whole(result.ruleHits)} rule hits and ${whole(result.exposures)} exposures`);
  lines.push(...result.examples.map((example) => `  ${example}`));
  if (isEqual(result)) lines.push('Postgres holds what the replay knows, to the row');
  else if (result.tables.every(({ equal }) => equal === 0)) lines.push('nothing could be compared');
  return `${lines.join('\n')}\n`;
}

function defaultDatabase(): string {
  const loaded = loadStoredLogConfig();
  if (!loaded.ok) throw new UserError(formatConfigProblems(loaded.problems), 'or give --database');
  const { databaseUrl, dataDir } = loaded.value;
  return databaseUrl?.reveal() ?? embeddedDatabaseOf(dataDir).url;
}
