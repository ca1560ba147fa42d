import { constants, setPriority } from 'node:os';
import { Command } from 'commander';
import { formatConfigProblems } from '#config/environment.js';
import { loadFeaturesConfig } from '#config/features-config.js';
import { StoreError } from '#store/store-error.js';
import { timeOption, wholeNumber } from '../cli/number-option.js';
import { UserError } from '../cli/user-error.js';
import { runRebuild, type RebuildSettings } from './rebuild-command.js';

const PER_SECOND = 1_000;
const PER_SECOND_MAX = 1_000_000;
/** 20,000 events, the most that a service holds, take it 30 seconds. */
const SETTLE_SECONDS = 45;
const SETTLE_SECONDS_MAX = 3_600;
const VERIFY_MAX = 5_000;

// Decisions on the same cores come first.
setPriority(constants.priority.PRIORITY_LOW);

const program = new Command('npm run features --').description('Looks after feature state.');
program
  .command('rebuild')
  .description(
    'puts feature state back into REDIS_URL out of the decision log in DATABASE_URL, while ' +
      'services go on; may be ended and run again at any time',
  )
  .requiredOption('--from <time>', 'decisions made since, such as 2026-01-31', timeOption)
  .option('--to <time>', 'only decisions made before', timeOption)
  .option('--dry-run', 'only count what would be written')
  .option('--again', 'go through what was rebuilt already once more')
  .option(
    '--per-second <n>',
    'decisions a second at most',
    wholeNumber(1, PER_SECOND_MAX),
    PER_SECOND,
  )
  .option(
    '--settle <seconds>',
    'the first time, wait for services to hand over what they held while Redis was away',
    wholeNumber(0, SETTLE_SECONDS_MAX),
    SETTLE_SECONDS,
  )
  .option(
    '--verify <n>',
    'then compare the features of n random entities with the log; exit with 1 when one differs',
    wholeNumber(1, VERIFY_MAX),
  )
  .action(async (settings: RebuildSettings) => {
    const config = loadFeaturesConfig();
    if (!config.ok) {
      throw new UserError(formatConfigProblems(config.problems), 'see docs/guides/operate.md');
    }
    process.exitCode = await runRebuild(settings, config.value);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n${error.advice}\n`);
  } else if (error instanceof StoreError) {
    process.stderr.write(`${error.message}\nrun the same command again: it goes on from here\n`);
  } else {
    throw error;
  }
  process.exitCode = 1;
}
