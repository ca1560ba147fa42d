import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from './replace-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-replace-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the text is there afterwards, for the owner only, and nothing beside it', async () => {
  const file = join(folder, 'kept');
  await replaceFile(file, 'first');
  await replaceFile(file, 'second');
  expect(await readFile(file, 'utf8')).toBe('second');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['kept']);
});

test('a reader never sees half of it, however many write', async () => {
  const file = join(folder, 'kept');
  const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000));
  await replaceFile(file, texts[0] ?? '');
  const writing = Promise.all(texts.map((text) => replaceFile(file, text)));
  for (let round = 0; round < 20; round += 1) expect(texts).toContain(await readFile(file, 'utf8'));
  await writing;
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect(await readdir(folder)).toEqual(['kept']);
});

test('what cannot be replaced is told, and leaves nothing behind', async () => {
  const file = join(folder, 'kept');
  await mkdir(file);
  await expect(replaceFile(file, 'text')).rejects.toThrow(/EISDIR|ENOTEMPTY/);
  expect(await readdir(folder)).toEqual(['kept']);
});
