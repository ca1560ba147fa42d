import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readApiKeyFile, writeApiKeyFile } from '#platform/api-key-file.js';
import { provideDemoKey, type DemoKeyPlace } from './demo-key.js';

const nowMs = Date.parse('2026-11-23T10:00:00Z');
let folder: string;
let place: DemoKeyPlace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-demo-key-'));
  place = { demoKeyFile: join(folder, 'demo-key'), apiKeysFile: join(folder, 'api-keys.json') };
});

afterEach(() => rm(folder, { recursive: true }));

async function storedKeys() {
  const stored = await readApiKeyFile(place.apiKeysFile);
  if (!stored.ok) throw new Error(stored.problems.join());
  return stored.keys;
}

test('the first start makes a key that only its owner can read', async () => {
  const key = await provideDemoKey(place, nowMs);
  expect(key).toMatchObject({ kind: 'usable', text: expect.stringMatching(/^tg_/) });
  expect((await stat(place.demoKeyFile)).mode & 0o777).toBe(0o600);
  expect(await storedKeys()).toMatchObject([
    { scopes: ['decide', 'label', 'read', 'publish'], revoked_at: null },
  ]);
});

test('later starts show the same key', async () => {
  const first = await provideDemoKey(place, nowMs);
  expect(await provideDemoKey(place, nowMs + 1_000)).toEqual(first);
  expect(await storedKeys()).toHaveLength(1);
});

test('a key that was revoked is not replaced behind its owner', async () => {
  await provideDemoKey(place, nowMs);
  const revoked_at = new Date(nowMs).toISOString();
  await writeApiKeyFile(
    place.apiKeysFile,
    (await storedKeys()).map((key) => ({ ...key, revoked_at })),
  );
  expect(await provideDemoKey(place, nowMs)).toEqual({ kind: 'revoked' });
});

test('when the file of keys was removed a new key is made', async () => {
  const first = await provideDemoKey(place, nowMs);
  await rm(place.apiKeysFile);
  const second = await provideDemoKey(place, nowMs);
  expect(second.kind).toBe('usable');
  expect(second).not.toEqual(first);
  expect(await storedKeys()).toHaveLength(1);
});
