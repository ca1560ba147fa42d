import { Command } from 'commander';
import { UserError } from '../cli/user-error.js';
import { addReportCommand } from './report-command.js';

const program = new Command('npm run experiment --').description(
  'Asks the service experiments what changes do: by experiment, in shadow, and of what was blocked.',
);
addReportCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.advice}\n`);
  process.exitCode = 1;
}
