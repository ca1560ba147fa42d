import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactUpload } from '#contracts/control.js';
import { UserError } from './user-error.js';

type UploadedFile = ArtifactUpload['files'][number];

/**
 * The files of a folder as they are uploaded, each under this prefix.
 *
 * @throws UserError when the folder cannot be read.
 */
export async function uploadFolder(folder: string, prefix: string): Promise<UploadedFile[]> {
  let names: string[];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    names = entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch {
    throw new UserError(`the folder ${folder} cannot be read`, 'name another one');
  }
  return Promise.all(
    names.sort().map(async (name) => {
      const content = await readFile(join(folder, name));
      return { name: `${prefix}${name}`, content_base64: content.toString('base64') };
    }),
  );
}
