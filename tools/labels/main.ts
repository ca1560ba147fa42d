import { UserError } from '../cli/user-error.js';
import { labelsProgram } from './labels-program.js';

try {
  await labelsProgram().parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.advice}\n`);
  process.exitCode = 1;
}
