import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderLock } from './folder-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lockFile = (): string => join(folder, 'writer.lock');

test('a folder has one writer, and is free again when it lets go', async () => {
  const lock = await FolderLock.take(folder);
  await expect(FolderLock.take(folder)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  await lock.release();
  await (await FolderLock.take(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of another live process is respected and named', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(other, 'spawn');
  try {
    await writeFile(lockFile(), JSON.stringify({ pid: other.pid, birth: null }));
    await expect(FolderLock.take(folder)).rejects.toThrow(`process ${other.pid} already writes`);
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
  // The same lock file, now that its process is dead.
  await (await FolderLock.take(folder)).release();
});

test.each([
  ['a process of an earlier boot with a pid in use again', { pid: 1, birth: 'other-boot:1' }],
  ['this pid in an earlier life, as in a restarted container', { pid: process.pid, birth: 'x:1' }],
])('the lock of %s is taken over', async (_, owner) => {
  await writeFile(lockFile(), JSON.stringify(owner));
  const lock = await FolderLock.take(folder);
  expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
});

test('a lock file that a power loss cut short is taken over', async () => {
  await writeFile(lockFile(), '{"pi');
  const lock = await FolderLock.take(folder);
  expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
});

test('of many that find a stale lock at once, one gets the folder', async () => {
  await writeFile(lockFile(), JSON.stringify({ pid: 0, birth: null }));
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, () => FolderLock.take(folder)),
  );
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});
