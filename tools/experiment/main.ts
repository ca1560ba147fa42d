import { Command } from 'commander';
import { runProgram } from '../cli/run-program.js';
import { addChangeCommands } from './change-commands.js';
import { addExplorationCommand } from './exploration-command.js';
import { addListCommand } from './list-command.js';
import { addPlanCommand } from './plan-command.js';
import { addReportCommand } from './report-command.js';
import { addShadowCommand } from './shadow-command.js';

const program = new Command('npm run experiment --').description(
  'Runs experiments and says what changes do: by experiment, in shadow, and of what was blocked.',
);
addPlanCommand(program);
addChangeCommands(program);
addListCommand(program);
addReportCommand(program);
addShadowCommand(program);
addExplorationCommand(program);

await runProgram(program);
