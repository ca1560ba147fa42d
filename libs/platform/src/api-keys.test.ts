import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Logger } from '#telemetry/logger.js';
import { createApiKey, listApiKeys, revokeApiKey } from './api-key-admin.js';
import { readApiKeyFile, type Scope } from './api-key-file.js';
import { generateApiKey, hashSecret, splitApiKey } from './api-key-format.js';
import { ApiKeyRing } from './api-key-ring.js';

let folder: string;
let file: string;
let lines: string[];
const rings: ApiKeyRing[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
  file = join(folder, 'keys', 'api-keys.json');
  lines = [];
});
afterEach(async () => {
  for (const ring of rings.splice(0)) ring.close();
  await rm(folder, { recursive: true });
});

async function openRing(): Promise<ApiKeyRing> {
  const log = Logger.create({ level: 'info', service: 'test', write: (line) => lines.push(line) });
  const { ring } = await ApiKeyRing.open({ file, log });
  rings.push(ring);
  return ring;
}

async function add(scopes: Scope[], more: { rate?: number; signed?: boolean } = {}) {
  const key = {
    name: 'shop',
    scopes,
    ratePerSecond: more.rate ?? null,
    signed: more.signed ?? false,
  };
  const created = await createApiKey(file, key, 0);
  if (!created.ok) throw new Error(created.problems.join());
  return created.value;
}

function outcome(ring: ApiKeyRing, text: string, scope: Scope = 'decide'): string {
  try {
    return ring.authenticate({ authorization: `Bearer ${text}` }, scope).name;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('a key is tg_<id>_<secret of 256 bits>, and splits into what it was made of', () => {
  const key = generateApiKey();
  expect(key.text).toMatch(/^tg_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
  expect(splitApiKey(key.text)).toEqual({ id: key.id, secret: key.secret });
  expect(Buffer.from(key.secret, 'base64url')).toHaveLength(32);
});

test.each(['', 'tg_', 'tg_0123456789ab', `xx_${'a'.repeat(56)}`, `tg_${'a'.repeat(56)}`])(
  '"%s" is no key',
  (text) => {
    expect(splitApiKey(text)).toBeNull();
  },
);

test('the file holds the hash of the secret, not the secret, and only its owner can read it', async () => {
  const { text } = await add(['decide']);
  const content = await readFile(file, 'utf8');
  const secret = splitApiKey(text)?.secret ?? '';
  expect(content).toContain(hashSecret(secret).toString('hex'));
  expect(content).not.toContain(secret);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('several keys are valid at once, each for its own scopes', async () => {
  const first = await add(['decide']);
  const second = await add(['label', 'read'], { rate: 7, signed: true });
  const ring = await openRing();
  expect(outcome(ring, first.text, 'decide')).toBe('shop');
  expect(outcome(ring, first.text, 'label')).toBe('SCOPE_MISSING');
  expect(outcome(ring, second.text, 'label')).toBe('shop');
  expect(ring.authenticate({ 'x-api-key': second.text }, 'read')).toMatchObject({
    id: second.id,
    ratePerSecond: 7,
    signingSecrets: [second.signingSecret],
  });
  expect(outcome(ring, `tg_${first.id}_${splitApiKey(second.text)?.secret}`)).toBe(
    'AUTHENTICATION_INVALID',
  );
});

test('a revoked and a new key are live within a second, without a restart', async () => {
  const key = await add(['decide']);
  const ring = await openRing();
  const revoked = await revokeApiKey(file, key.id, 1);
  expect(revoked).toMatchObject({ ok: true, value: { revoked_at: '1970-01-01T00:00:00.001Z' } });
  const next = await add(['decide']);
  await vi.waitFor(
    () =>
      expect([outcome(ring, key.text), outcome(ring, next.text)]).toEqual([
        'AUTHENTICATION_INVALID',
        'shop',
      ]),
    { timeout: 1000, interval: 20 },
  );
  expect(await listApiKeys(file)).toMatchObject({
    value: [
      { id: key.id, revoked_at: expect.any(String) },
      { id: next.id, revoked_at: null },
    ],
  });
});

test('a file that went wrong is refused loudly, and the keys before stay valid', async () => {
  const key = await add(['decide']);
  const ring = await openRing();
  await writeFile(file, `{"version": 1, "keys": [{"id": "${key.text}"`);
  await ring.reload();
  expect(outcome(ring, key.text)).toBe('shop');
  expect(lines.join()).toContain('the file is not valid JSON');
  expect(lines.join()).not.toContain(key.text);
});

test('without a file every key is refused until the file appears', async () => {
  const ring = await openRing();
  expect(outcome(ring, generateApiKey().text)).toBe('AUTHENTICATION_INVALID');
  const key = await add(['decide']);
  await ring.reload();
  expect(outcome(ring, key.text)).toBe('shop');
});

test('a wrong file is described by place and never quoted', async () => {
  expect(await readApiKeyFile(file)).toMatchObject({ ok: false, missing: true });
  await add(['decide']);
  const content = (await readFile(file, 'utf8')).replace('"decide"', '"hunter2"');
  await writeFile(file, content);
  const read = await readApiKeyFile(file);
  expect(read).toMatchObject({ ok: false, missing: false });
  expect(JSON.stringify(read)).toContain('keys.0.scopes.0');
  expect(JSON.stringify(read)).not.toContain('hunter2');
});

test.runIf(process.getuid?.() !== 0)('a file of someone else says so', async () => {
  await add(['decide']);
  await chmod(file, 0);
  expect(JSON.stringify(await readApiKeyFile(file))).toContain('EACCES');
});

test('an id that is not there cannot be revoked, and the way to find it is named', async () => {
  expect(await revokeApiKey(file, '000000000000', 0)).toEqual({
    ok: false,
    problems: ['no key has this id; list them with: npm run keys -- list'],
  });
});
