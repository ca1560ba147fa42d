import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { readRulesetFolder, watchRulesetFolder, type RulesetFolder } from './ruleset-folder.js';

let root: string;
let folder: string;
let listFolder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ruleset-'));
  folder = join(root, 'default');
  listFolder = join(root, 'lists');
  await mkdir(join(folder, 'tables'), { recursive: true });
  await mkdir(listFolder);
  await writeFile(join(folder, 'ruleset.yaml'), 'id: one');
  await writeFile(join(folder, 'tables', 'limits.csv'), 'a');
  await writeFile(join(listFolder, 'vips.csv'), 'v');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test('files are named relative to their folder and the version covers lists', async () => {
  const before = await readRulesetFolder(folder, listFolder);
  expect(before.files.map((file) => file.name)).toEqual(['ruleset.yaml', 'tables/limits.csv']);
  await writeFile(join(listFolder, 'vips.csv'), 'w');
  expect((await readRulesetFolder(folder, listFolder)).version).not.toBe(before.version);
});

test('a folder may be written in any way', async () => {
  const plain = await readRulesetFolder(folder, listFolder);
  const around = join(root, 'lists', '..', 'default');
  for (const written of [`${folder}/`, `${root}/./default`, around, relative('.', folder)]) {
    expect(await readRulesetFolder(written, listFolder)).toEqual(plain);
  }
});

test('a mounted ConfigMap is read through its links, and followed when it is replaced', async () => {
  const mount = join(root, 'mount');
  const publish = async (name: string, text: string) => {
    await mkdir(join(mount, name), { recursive: true });
    await writeFile(join(mount, name, 'ruleset.yaml'), text);
    await symlink(name, join(mount, '..data_tmp'));
    await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  await publish('..2026_1', 'id: one');
  await symlink(join('..data', 'ruleset.yaml'), join(mount, 'ruleset.yaml'));
  const { files, version } = await readRulesetFolder(mount, listFolder);
  expect(files).toEqual([{ name: 'ruleset.yaml', text: 'id: one' }]);
  const seen: RulesetFolder[] = [];
  const stop = watchRulesetFolder({
    folder: mount,
    listFolder,
    version,
    onChange: (next) => void seen.push(next),
    onRefused: (error) => expect.fail(String(error)),
  });
  await publish('..2026_2', 'id: two');
  await vi.waitFor(() => expect(seen.at(-1)?.files[0]?.text).toBe('id: two'), 3_000);
  stop();
});

test('what changed between reading and watching is found', async () => {
  const seen: RulesetFolder[] = [];
  const stop = watchRulesetFolder({
    folder,
    listFolder,
    version: 'as it was read before',
    onChange: (next) => void seen.push(next),
    onRefused: (error) => expect.fail(String(error)),
  });
  await vi.waitFor(() => expect(seen).toHaveLength(1), 3_000);
  stop();
});

test('a refused change is reported and the next one is tried again', async () => {
  const { version } = await readRulesetFolder(folder, listFolder);
  const seen: RulesetFolder[] = [];
  const refused: unknown[] = [];
  const onChange = (next: RulesetFolder) => {
    if (next.files[0]!.text.includes('bad')) throw new Error('refused');
    seen.push(next);
  };
  const onRefused = (error: unknown) => refused.push(error);
  const stop = watchRulesetFolder({ folder, listFolder, version, onChange, onRefused });
  await writeFile(join(folder, 'ruleset.yaml'), 'id: bad');
  await vi.waitFor(() => expect(refused).toHaveLength(1), 3_000);
  await writeFile(join(folder, 'ruleset.yaml'), 'id: two');
  await vi.waitFor(() => expect(seen).toHaveLength(1), 3_000);
  stop();
  expect(seen[0]!.files[0]!.text).toBe('id: two');
});
