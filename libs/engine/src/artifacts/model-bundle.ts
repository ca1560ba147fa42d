import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { featuresDigestText, GoldenVectors, ModelManifest } from '#scoring/manifest.js';

export interface ModelBundle {
  readonly folder: string;
  readonly manifest: ModelManifest;
  readonly golden: GoldenVectors;
  /** The bytes that were hashed: the session is made from these, whatever happens to the folder. */
  readonly model: Uint8Array;
}

export type ReadBundle =
  | { readonly ok: true; readonly value: ModelBundle }
  | { readonly ok: false; readonly errors: readonly string[] };

interface JsonSchema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex');

/**
 * Reads a bundle's folder and checks what can be checked without running it: shapes and hashes of
 * every file.
 */
export async function readModelBundle(folder: string): Promise<ReadBundle> {
  const errors: string[] = [];
  const manifestBytes = await readBytes(folder, 'manifest.json', errors);
  const manifest = parseJson(manifestBytes, 'manifest.json', ModelManifest, errors);
  if (manifest === null) return { ok: false, errors };

  const hash = sha256(featuresDigestText(manifest.features));
  if (hash !== manifest.featuresHash) {
    errors.push('manifest.json: featuresHash is not the hash of its features: names were edited');
  }
  const contents = new Map<string, Uint8Array>();
  for (const [name, expected] of Object.entries(manifest.files)) {
    const bytes = await readBytes(folder, name, errors);
    if (bytes === null) continue;
    contents.set(name, bytes);
    if (sha256(bytes) !== expected) {
      errors.push(
        `${name}: sha256 differs from manifest.json: the file was changed after training`,
      );
    }
  }
  const golden = parseJson(
    contents.get('golden.json') ?? null,
    'golden.json',
    GoldenVectors,
    errors,
  );
  const width = manifest.features.length;
  if (golden?.rows.some((row) => row.length !== width) === true) {
    errors.push(`golden.json: a row does not have ${width} values`);
  }
  const model = contents.get('model.onnx');
  if (golden === null || model === undefined || errors.length > 0) return { ok: false, errors };
  return { ok: true, value: { folder, manifest, golden, model } };
}

/** The folders of a model's versions, which are whole numbers: the highest first. */
export async function bundlesNewestFirst(modelFolder: string): Promise<readonly string[]> {
  const names = await readdir(modelFolder).catch(() => []);
  const versions = names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return versions.sort((a, b) => b - a).map((version) => join(modelFolder, String(version)));
}

/** The folder of a model's newest version. Null when the model has none. */
export async function newestBundle(modelFolder: string): Promise<string | null> {
  return (await bundlesNewestFirst(modelFolder))[0] ?? null;
}

async function readBytes(
  folder: string,
  name: string,
  errors: string[],
): Promise<Uint8Array | null> {
  if (name.includes('/') || name.includes('\\') || name === '..') {
    errors.push(`${name}: a bundle's files stand beside its manifest`);
    return null;
  }
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    errors.push(`${name}: cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
    return null;
  }
}

function parseJson<T>(
  bytes: Uint8Array | null,
  name: string,
  schema: JsonSchema<T>,
  errors: string[],
): T | null {
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    errors.push(`${name}: is not JSON`);
    return null;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    errors.push(`${name}: ${issue.path.map(String).join('.')}: ${issue.message}`);
  }
  return null;
}
