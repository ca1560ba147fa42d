import { RulesToolError } from './open-rules.js';
import { rulesProgram } from './rules-program.js';

try {
  await rulesProgram().parseAsync();
} catch (error) {
  if (!(error instanceof RulesToolError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
