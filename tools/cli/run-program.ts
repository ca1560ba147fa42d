import type { Command } from 'commander';
import { UserError } from './user-error.js';

/** Runs a program; what its user can mend is told without a stack. */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n${error.advice}\n`);
    process.exitCode = 1;
  }
}
