import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;

export type PseudonymKey =
  | { readonly ok: true; readonly key: Buffer; readonly origin: 'read' | 'generated' }
  | { readonly ok: false; readonly problem: string };

async function readKey(file: string): Promise<PseudonymKey | null> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
  return /^[0-9a-f]{64}$/.test(text)
    ? { ok: true, key: Buffer.from(text, 'hex'), origin: 'read' }
    : {
        ok: false,
        problem:
          `${file} must hold 64 hexadecimal digits; restore it from a backup: ` +
          'with another key every velocity begins anew',
      };
}

/**
 * The key that turns personal identifiers into pseudonyms, where PSEUDONYM_KEY is not set: kept in
 * a file, made at the first start. Two processes that start at once end up with the same key,
 * because the file appears whole, and once.
 */
export async function provideKeptPseudonymKey(file: string): Promise<PseudonymKey> {
  const kept = await readKey(file);
  if (kept !== null) {
    return kept;
  }
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_OWNER_ONLY });
  const temporary = `${file}.${randomUUID()}.tmp`;
  const key = randomBytes(KEY_BYTES);
  try {
    const handle = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await handle.writeFile(`${key.toString('hex')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike a rename, a link fails where another process was first.
    await link(temporary, file);
    return { ok: true, key, origin: 'generated' };
  } catch (error) {
    const other = await readKey(file);
    if (other === null) {
      throw error;
    }
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}
