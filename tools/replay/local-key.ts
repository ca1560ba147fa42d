import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReplayError } from './replay-error.js';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * A key kept in a file that only its owner reads; made at the first use. The same file gives the
 * same pseudonyms.
 */
export async function localKey(path: string): Promise<Buffer> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${randomBytes(KEY_BYTES).toString('hex')}\n`;
  // Exclusive: of two processes that start at once, one makes the key and both read it.
  await writeFile(path, fresh, { mode: OWNER_ONLY, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex');
  if (key.length >= KEY_BYTES) return key;
  throw new ReplayError(`${path} holds no key of ${KEY_BYTES} bytes in hexadecimal`, 'remove it');
}
