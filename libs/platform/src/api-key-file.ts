import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replaceFile } from './replace-file.js';

export const scopes = ['decide', 'label', 'read', 'replay', 'metrics', 'publish'] as const;
export const Scope = z.enum(scopes);
export type Scope = z.infer<typeof Scope>;

const FOLDER_OWNER_ONLY = 0o700;
const KEYS_MAX = 10_000;
const SIGNING_SECRETS_MAX = 4;
const RATE_MAX = 1_000_000;

export const ApiKeyEntry = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/, 'twelve hexadecimal digits'),
  name: z.string().min(1).max(100),
  secret_sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
  scopes: z.array(Scope).min(1),
  created_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().nullable(),
  rate_per_second: z.int().min(1).max(RATE_MAX).optional(),
  // Unlike the key's secret these must be known in full to check an HMAC; hence the file's mode
  // 0600.
  signing_secrets: z.array(z.string().min(32).max(128)).min(1).max(SIGNING_SECRETS_MAX).optional(),
});
export type ApiKeyEntry = z.infer<typeof ApiKeyEntry>;

const ApiKeyFile = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(ApiKeyEntry)
    .max(KEYS_MAX)
    .refine((keys) => new Set(keys.map((key) => key.id)).size === keys.length, {
      error: 'two keys have the same id',
    }),
});

export type ReadKeys =
  | { readonly ok: true; readonly keys: readonly ApiKeyEntry[] }
  | { readonly ok: false; readonly missing: boolean; readonly problems: readonly string[] };

/**
 * Reads and checks the file of API keys. Problems name the place in the file and never quote its
 * content.
 */
export async function readApiKeyFile(file: string): Promise<ReadKeys> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const missing = code === 'ENOENT';
    const problem = missing
      ? 'the file does not exist; create a key with: npm run keys -- create'
      : `the file cannot be read (${code}); it must belong to the user that runs Tollgate`;
    return { ok: false, missing, problems: [problem] };
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's message quotes the file, which holds secrets.
    return { ok: false, missing: false, problems: ['the file is not valid JSON'] };
  }
  const parsed = ApiKeyFile.safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    );
    return { ok: false, missing: false, problems };
  }
  return { ok: true, keys: parsed.data.keys };
}

/** Replaces the file in one step: readers see the old keys or the new ones, never half a file. */
export async function writeApiKeyFile(file: string, keys: readonly ApiKeyEntry[]): Promise<void> {
  const content = ApiKeyFile.parse({ version: 1, keys });
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_OWNER_ONLY });
  await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
