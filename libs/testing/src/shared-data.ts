import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEVELS_MAX = 3;

/**
 * Where third-party transaction data lies: `shared/data` beside the repository, or a few folders
 * further up. Null where there is none; tests that need it then skip.
 */
export function sharedDataFolder(): string | null {
  let folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    folder = dirname(folder);
    const candidate = join(folder, 'shared', 'data');
    if (existsSync(candidate)) return candidate;
  }
  return null;
}
