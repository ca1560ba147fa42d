import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mintApiKey } from '#platform/api-key-admin.js';
import { readApiKeyFile, writeApiKeyFile, type Scope } from '#platform/api-key-file.js';
import { hashSecret, splitApiKey } from '#platform/api-key-format.js';

const DEMO_SCOPES: readonly Scope[] = ['decide', 'label', 'read', 'publish'];

export type DemoKey =
  | { readonly kind: 'usable'; readonly text: string }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unusable'; readonly problems: readonly string[] };

export interface DemoKeyPlace {
  /**
   * Keeps the key itself, readable by its owner only, so that the command shown goes on working.
   */
  readonly demoKeyFile: string;
  readonly apiKeysFile: string;
}

/** Gives the key that the start-up message shows; makes one on the first start. */
export async function provideDemoKey(place: DemoKeyPlace, nowMs: number): Promise<DemoKey> {
  const stored = await readApiKeyFile(place.apiKeysFile);
  if (!stored.ok && !stored.missing) return { kind: 'unusable', problems: stored.problems };
  const keys = stored.ok ? stored.keys : [];

  const text = await readText(place.demoKeyFile);
  const presented = text === null ? null : splitApiKey(text);
  const entry = keys.find((key) => key.id === presented?.id);
  if (text !== null && presented !== null && entry !== undefined) {
    // Revoked on purpose, by the user: a new one would open what they have closed.
    if (entry.revoked_at !== null) return { kind: 'revoked' };
    if (entry.secret_sha256 === hashSecret(presented.secret).toString('hex')) {
      return { kind: 'usable', text };
    }
  }

  const key = mintApiKey('demo, made by npm start', DEMO_SCOPES, nowMs);
  await mkdir(dirname(place.demoKeyFile), { recursive: true, mode: 0o700 });
  await writeFile(place.demoKeyFile, `${key.text}\n`, { mode: 0o600 });
  await writeApiKeyFile(place.apiKeysFile, [...keys, key.entry]);
  return { kind: 'usable', text: key.text };
}

async function readText(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
