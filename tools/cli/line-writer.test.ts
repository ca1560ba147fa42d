import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LineWriter } from './line-writer.js';
import { UserError } from './user-error.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-line-writer-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true }));

test('lines appended to a packed file are read back as one', async () => {
  const path = join(folder, 'new/lines.csv.gz');
  for (const [line, append] of [['first', false] as const, ['second', true] as const]) {
    const writer = await LineWriter.open(path, append);
    await writer.write(line);
    await writer.close();
  }
  expect(gunzipSync(await readFile(path)).toString()).toBe('first\nsecond\n');
});

test.each([
  ['a folder', '.'],
  ['below a file', 'file/lines.csv'],
])('%s cannot be written, which is said and does not hang', async (_what, name) => {
  const written = (async () => {
    const writer = await LineWriter.open(join(folder, name));
    for (let line = 0; line < 100_000; line += 1) await writer.write('0123456789');
    await writer.close();
  })();
  await expect(written).rejects.toBeInstanceOf(UserError);
});
