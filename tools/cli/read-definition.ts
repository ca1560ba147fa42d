import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { UserError } from './user-error.js';

/** The object that a file of YAML or JSON holds. @throws UserError when it holds none. */
export async function readDefinition(file: string): Promise<object> {
  try {
    const definition: unknown = parse(await readFile(file, 'utf8'));
    if (typeof definition === 'object' && definition !== null) return definition;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} cannot be read: ${why}`, 'give a file of YAML or JSON');
  }
  throw new UserError(`${file} holds no definition`, 'see the guides for its fields');
}
