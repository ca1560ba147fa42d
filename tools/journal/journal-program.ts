import { Command, Option } from 'commander';
import { journalRecordTypes, type JournalRecordType } from '#journal/record.js';
import { timeOption, wholeNumber } from '../cli/number-option.js';
import { listJournal } from './list-journal.js';
import { printJournal } from './print-journal.js';
import type { OpenRecompute } from './recompute.js';
import { verifyJournal } from './verify-journal.js';

interface FolderSettings {
  readonly folder: string;
}

interface PrintSettings extends FolderSettings {
  readonly follow?: boolean;
  readonly type?: JournalRecordType;
  readonly since?: number;
  readonly from?: number;
  readonly limit?: number;
}

interface VerifySettings extends FolderSettings {
  readonly recompute?: boolean;
}

/**
 * The commands of `npm run journal`.
 *
 * @param openRecompute Makes the engine that decides a recorded transaction again; without it there
 *   is no `verify --recompute`.
 */
export function journalProgram(openRecompute?: OpenRecompute): Command {
  const program = new Command('npm run journal --').description(
    'Looks into the decision journal. It may be in use: nothing here writes to it.',
  );
  withFolder(program.command('list'))
    .description('the segment files: which records they hold, their size and age')
    .action(({ folder }: FolderSettings) => listJournal(folder));

  withFolder(program.command('print'))
    .description('records as lines of JSON: sequence, time, type, payload')
    .option('--follow', 'wait for more, until Ctrl+C')
    .addOption(new Option('--type <type>', 'only these records').choices(journalRecordTypes))
    .option('--since <time>', 'only records appended since, such as 2026-01-31T12:00Z', timeOption)
    .option('--from <sequence>', 'begin at this record', sequenceOption)
    .option('--limit <n>', 'stop after so many', sequenceOption)
    .action((settings: PrintSettings) => printJournal(settings.folder, settings));

  const verify = withFolder(program.command('verify'))
    .description('reads every record and checks it; exits with 1 when anything is lost or damaged')
    .action(async (settings: VerifySettings) => {
      const wanted = settings.recompute === true ? openRecompute : undefined;
      if (!(await verifyJournal(settings.folder, wanted))) process.exitCode = 1;
    });
  if (openRecompute !== undefined) {
    verify.option('--recompute', 'decide every recorded transaction again and compare');
  }
  return program;
}

const sequenceOption = wholeNumber(1, Number.MAX_SAFE_INTEGER);

function withFolder(command: Command): Command {
  return command.option('--folder <folder>', 'the journal, DATA_DIR/journal', '.data/journal');
}
