import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

const OWNER_ONLY = 0o600;

/**
 * Puts a text in the place of a small file in one step, readable by its owner only: readers, and
 * the next start after a crash, see the old text or the new one, never half of it. Rejects where
 * the folder is missing or cannot be written; the old file stays then.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: OWNER_ONLY, flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
