import { Option, type Command } from 'commander';
import { timeOption, wholeNumber } from '../cli/number-option.js';
import { UserError } from '../cli/user-error.js';
import type { FileOptions } from './replay-files.js';

const ROWS_MAX = 1_000_000_000;
const RATE_MAX = 1_000_000;
export interface ReplaySettings extends FileOptions {
  readonly data?: string;
  readonly labels?: string;
  readonly offline?: boolean;
  readonly out?: string;
  readonly features?: boolean;
  readonly signals: readonly string[];
  readonly decisions?: string;
  readonly log?: string;
  readonly outcomes?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly resume?: boolean;
  readonly skipInvalid?: boolean;
  readonly tokenKey: string;
  readonly url: string;
  readonly key?: string;
  readonly rate?: number;
  readonly concurrency: number;
  readonly warmUp?: string;
}

const examples = `
Times are days or have a zone: 2018-07-25, 2018-07-25T12:00:00Z. Ends with 130 when interrupted.

  npm run replay -- --data tx.jsonl.gz --labels labels.csv.gz --offline
  npm run replay -- --example examples/handbook --data history.csv.gz --offline --out decisions.csv
  npm run replay -- --data tx.jsonl.gz --rate 200 --out decisions.csv.gz
See docs/guides/replay.md.`;

export function addReplayOptions(program: Command): Command {
  return program
    .description('Runs a payment history through Tollgate and says how well it did.')
    .option('--data <file>', 'the history: CSV or lines of JSON, .gz or .zst if packed')
    .option('--labels <file>', 'labels with the time each became known')
    .option('--example <folder>', 'mapping, features and ruleset of an example')
    .option('--mapping <file>', 'how columns become requests; none: they are named like requests')
    .option('--catalogue <file>', 'the feature catalogue (default: rules/features.yaml)')
    .addOption(new Option('--ruleset <folder>', 'the ruleset').default(true, 'rules/default'))
    .option('--no-ruleset', 'compute features only')
    .addOption(
      new Option('--model <folder>', 'the model bundle').default(
        true,
        "the example's, or the newest of models/fraud",
      ),
    )
    .option('--no-model', 'decide by rules only')
    .option('--offline', 'in this process, with the same engine, as fast as it goes')
    .option('--url <address>', 'the API', 'http://127.0.0.1:8080')
    .option('--key <text>', 'an API key with the scopes decide, label, replay (TOLLGATE_API_KEY)')
    .option(
      '--rate <n>',
      'transactions a second, whatever the answers take',
      wholeNumber(1, RATE_MAX),
    )
    .option('--concurrency <n>', 'without --rate: requests at once', wholeNumber(1, 4_096), 32)
    .option('--warm-up <redis>', 'first put the state of what is before --from into this Redis')
    .option('--out <file>', 'write a line for each transaction')
    .option('--features', 'write the features of each transaction to --out instead')
    .addOption(
      new Option('--signals <names>', 'offline: columns before the features: event_time,amount')
        .argParser(list)
        .default([], 'none'),
    )
    .option('--decisions <file>', 'with --features: write the decisions here')
    .option('--log <file>', 'API: write what was answered and told, for `stored` to compare')
    .option('--outcomes', 'API: also tell what became of each payment that was let through')
    .option('--from <time>', 'leave out what was before', timeOption)
    .option('--to <time>', 'leave out what was then or later', timeOption)
    .option('--limit <n>', 'at most this many transactions', wholeNumber(1, ROWS_MAX))
    .option('--resume', 'go on where an interrupted replay with the same options stopped')
    .option('--skip-invalid', 'leave out rows that cannot become a request')
    .option('--token-key <file>', 'the key that tokenises columns', '.data/replay-token.key')
    .addHelpText('after', examples);
}

/** Options that cannot be meant together. */
export function refuseContradictions(settings: ReplaySettings): void {
  const { features, out, offline, signals, warmUp, from, log, outcomes } = settings;
  if (features === true && out === undefined) {
    throw new UserError('--features needs a file to write to', 'add --out features.csv.gz');
  }
  if (offline !== true && signals.length > 0) {
    throw new UserError('--signals are not in the replies of the API', 'add --offline');
  }
  if (offline === true && (log !== undefined || outcomes === true)) {
    throw new UserError('--log and --outcomes are of replays through the API', 'leave them out');
  }
  if (warmUp !== undefined && (offline === true || from === undefined)) {
    const problem =
      '--warm-up prepares the service for a replay through the API that starts --from';
    throw new UserError(problem, 'add --from, and leave out --offline');
  }
}

function list(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}
