import { Command } from 'commander';
import { addCompareCommand } from './compare-command.js';
import { runReplay } from './replay-command.js';
import { UserError } from '../cli/user-error.js';
import { addStoredCommand } from './stored-command.js';
import { addReplayOptions, type ReplaySettings } from './replay-options.js';

const program = new Command('npm run replay --').enablePositionalOptions();
addReplayOptions(program).action(async (settings: ReplaySettings) => {
  process.exitCode = await runReplay(settings);
});
addCompareCommand(program);
addStoredCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.advice}\n`);
  process.exitCode = 1;
}
