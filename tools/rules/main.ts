import { UserError } from '../cli/user-error.js';
import { RulesToolError } from './open-rules.js';
import { rulesProgram } from './rules-program.js';

try {
  await rulesProgram().parseAsync();
} catch (error) {
  if (error instanceof UserError) console.error(`${error.message}\n${error.advice}`);
  else if (error instanceof RulesToolError) console.error(error.message);
  else throw error;
  process.exitCode = 1;
}
