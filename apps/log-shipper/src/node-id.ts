import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'node-id';

/** The name of a data folder among others, made at the first start. */
export async function provideNodeId(dataDir: string): Promise<string> {
  const file = join(dataDir, FILE);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (/^[\w.-]{1,64}$/.test(kept.trim())) return kept.trim();
  const made = randomUUID();
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(`${made}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return made;
}
