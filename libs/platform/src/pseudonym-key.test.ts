import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { provideKeptPseudonymKey } from './pseudonym-key.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the first start makes a key that only its owner can read, later starts read it', async () => {
  const file = join(folder, 'data', 'pseudonym.key');
  const first = await provideKeptPseudonymKey(file);
  const second = await provideKeptPseudonymKey(file);
  expect(first).toMatchObject({ ok: true, origin: 'generated' });
  expect(second).toEqual({ ...first, origin: 'read' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('starts at the same moment agree on one key', async () => {
  const file = join(folder, 'pseudonym.key');
  const started = await Promise.all(
    Array.from({ length: 20 }, () => provideKeptPseudonymKey(file)),
  );
  const keys = new Set(started.map((key) => (key.ok ? key.key.toString('hex') : key.problem)));
  expect(keys.size).toBe(1);
  expect(await readdir(folder)).toEqual(['pseudonym.key']);
});

test('a damaged key is refused rather than replaced, and not quoted', async () => {
  const file = join(folder, 'pseudonym.key');
  await writeFile(file, 'hunter2');
  const kept = await provideKeptPseudonymKey(file);
  expect(kept).toMatchObject({ ok: false });
  expect(JSON.stringify(kept)).toContain('64 hexadecimal digits');
  expect(JSON.stringify(kept)).not.toContain('hunter2');
});
