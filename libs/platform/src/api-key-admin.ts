import { randomBytes } from 'node:crypto';
import { readApiKeyFile, writeApiKeyFile, type ApiKeyEntry, type Scope } from './api-key-file.js';
import { generateApiKey, hashSecret } from './api-key-format.js';

const SIGNING_SECRET_BYTES = 32;

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly ratePerSecond: number | null;
  readonly signed: boolean;
}

/** A key as its owner gets it, once, and as it is kept: by its hash. */
export interface MintedKey {
  readonly text: string;
  readonly entry: ApiKeyEntry;
}

export function mintApiKey(name: string, scopes: readonly Scope[], nowMs: number): MintedKey {
  const { id, secret, text } = generateApiKey();
  const entry: ApiKeyEntry = {
    id,
    name,
    secret_sha256: hashSecret(secret).toString('hex'),
    scopes: [...scopes],
    created_at: new Date(nowMs).toISOString(),
    revoked_at: null,
  };
  return { text, entry };
}

export type KeysChanged<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

async function entriesIn(file: string): Promise<KeysChanged<readonly ApiKeyEntry[]>> {
  const read = await readApiKeyFile(file);
  if (read.ok) {
    return { ok: true, value: read.keys };
  }
  return read.missing ? { ok: true, value: [] } : { ok: false, problems: read.problems };
}

/**
 * Adds a key. Its text and signing secret are given here once; only the hash of the former is kept.
 */
export async function createApiKey(
  file: string,
  key: NewKey,
  nowMs: number,
): Promise<KeysChanged<{ id: string; text: string; signingSecret: string | null }>> {
  const entries = await entriesIn(file);
  if (!entries.ok) {
    return entries;
  }
  const { text, entry } = mintApiKey(key.name, key.scopes, nowMs);
  const signingSecret = key.signed ? randomBytes(SIGNING_SECRET_BYTES).toString('base64url') : null;
  const extended: ApiKeyEntry = {
    ...entry,
    ...(key.ratePerSecond === null ? {} : { rate_per_second: key.ratePerSecond }),
    ...(signingSecret === null ? {} : { signing_secrets: [signingSecret] }),
  };
  await writeApiKeyFile(file, [...entries.value, extended]);
  return { ok: true, value: { id: entry.id, text, signingSecret } };
}

/** Revokes a key; running services refuse it within a second. */
export async function revokeApiKey(
  file: string,
  id: string,
  nowMs: number,
): Promise<KeysChanged<ApiKeyEntry>> {
  const entries = await entriesIn(file);
  if (!entries.ok) {
    return entries;
  }
  const found = entries.value.find((entry) => entry.id === id);
  if (found === undefined) {
    return { ok: false, problems: ['no key has this id; list them with: npm run keys -- list'] };
  }
  const revoked = { ...found, revoked_at: found.revoked_at ?? new Date(nowMs).toISOString() };
  await writeApiKeyFile(
    file,
    entries.value.map((entry) => (entry.id === id ? revoked : entry)),
  );
  return { ok: true, value: revoked };
}

/** Every key, revoked ones too. */
export async function listApiKeys(file: string): Promise<KeysChanged<readonly ApiKeyEntry[]>> {
  return entriesIn(file);
}
