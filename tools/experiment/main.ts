import { Command } from 'commander';
import { UserError } from '../cli/user-error.js';
import { addExplorationCommand } from './exploration-command.js';
import { addListCommand } from './list-command.js';
import { addPlanCommand } from './plan-command.js';
import { addReportCommand } from './report-command.js';
import { addShadowCommand } from './shadow-command.js';

const program = new Command('npm run experiment --').description(
  'Asks the service experiments what changes do: by experiment, in shadow, and of what was blocked.',
);
addPlanCommand(program);
addListCommand(program);
addReportCommand(program);
addShadowCommand(program);
addExplorationCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.advice}\n`);
  process.exitCode = 1;
}
