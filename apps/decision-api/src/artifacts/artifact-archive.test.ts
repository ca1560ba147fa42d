import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallFolder } from '#testing/small-policy.js';
import { archiveFeatures, archiveRuleset } from './artifact-archive.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'archive-'));
});
afterEach(() => rm(root, { recursive: true }));

test('several processes that archive one version at once leave one whole copy', async () => {
  const archive = () => archiveRuleset(root, smallFolder());
  await Promise.all([archive(), archive(), archive()]);
  expect(await readdir(join(root, 'rulesets'))).toEqual(['small-1']);
  expect(await readdir(join(root, 'rulesets', 'small-1'))).toEqual(['lists', 'ruleset']);
});

test('what is archived already is left as it is', async () => {
  await archiveRuleset(root, smallFolder());
  await archiveRuleset(root, { ...smallFolder(), files: [] });
  const folder = join(root, 'rulesets', 'small-1', 'ruleset');
  expect(await readdir(folder)).toEqual(['ruleset.yaml']);
});

test('a catalogue is kept under its version', async () => {
  const file = join(root, 'features.yaml');
  await writeFile(file, 'format: x');
  await archiveFeatures(root, file, 'v1');
  await writeFile(file, 'changed');
  await archiveFeatures(root, file, 'v1');
  expect(await readFile(join(root, 'features', 'v1.yaml'), 'utf8')).toBe('format: x');
});
