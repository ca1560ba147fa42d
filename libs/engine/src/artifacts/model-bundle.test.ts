import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { copyBundle, shippedBundle } from '../../test/bundle-copy.js';
import { newestBundle, readModelBundle } from './model-bundle.js';

test('the shipped bundle is whole', async () => {
  const read = await readModelBundle(shippedBundle);
  expect(read.ok ? read.value.manifest.id : read.errors).toBe('fraud');
});

test('everything that is wrong is said at once', async () => {
  const folder = await copyBundle({
    files: { 'golden.json': '{"rows": [[1]], "probabilities": [0.5]}' },
    manifest: (manifest) => Object.assign(manifest, { featuresHash: '0'.repeat(64) }),
  });
  const read = await readModelBundle(folder);
  expect(read.ok ? [] : read.errors).toEqual([
    expect.stringContaining('featuresHash'),
    expect.stringContaining('a row does not have'),
  ]);
});

test('the newest version is the highest number, not the last name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  for (const name of ['9', '10', '.11.123', 'notes']) await mkdir(join(folder, name));
  expect(await newestBundle(folder)).toBe(join(folder, '10'));
});

test('a folder without versions, or no folder, has no newest one', async () => {
  expect(await newestBundle(await mkdtemp(join(tmpdir(), 'model-')))).toBeNull();
  expect(await newestBundle('/nowhere')).toBeNull();
});
