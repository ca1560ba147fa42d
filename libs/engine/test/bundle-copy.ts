import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type SignalDefinition, SignalSchema } from '#contracts/signals.js';
import { GoldenVectors, ModelManifest } from '#scoring/manifest.js';

/** The bundle that ships with the product. */
export const shippedBundle = new URL('../../../models/fraud/1', import.meta.url).pathname;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

export async function readManifest(folder = shippedBundle): Promise<ModelManifest> {
  return ModelManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
}

/** Golden rows as the host takes them, and their probabilities. */
export async function readGolden(
  folder = shippedBundle,
): Promise<{ rows: Float32Array[]; probabilities: number[] }> {
  const text = await readFile(join(folder, 'golden.json'), 'utf8');
  const golden = GoldenVectors.parse(JSON.parse(text));
  const rows = golden.rows.map((row) => Float32Array.from(row, (value) => value ?? Number.NaN));
  return { rows, probabilities: golden.probabilities };
}

/** A schema that has every feature of the shipped bundle as a number, changed as the test wants. */
export async function schemaOfBundle(
  change: (definitions: SignalDefinition[]) => SignalDefinition[] = (same) => same,
): Promise<SignalSchema> {
  const { features } = await readManifest();
  const definitions = features.map((name): SignalDefinition => ({
    name,
    type: 'number',
    origin: 'feature',
    description: name,
  }));
  return new SignalSchema(change(definitions));
}

/**
 * Copies the shipped bundle to a temporary folder and lets the test change it. `change` gets the
 * parsed manifest; `files` replaces contents. Hashes are made right again afterwards unless
 * `keepHashes`.
 */
export async function copyBundle(edit: {
  readonly manifest?: (manifest: Record<string, unknown>) => void;
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly keepHashes?: boolean;
}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  await cp(shippedBundle, folder, { recursive: true });
  for (const [name, content] of Object.entries(edit.files ?? {})) {
    await writeFile(join(folder, name), content);
  }
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  if (edit.keepHashes !== true) {
    const names = Object.keys(manifest['files'] as object);
    const hashed = names.map(async (name) => [name, sha256(await readFile(join(folder, name)))]);
    manifest['files'] = Object.fromEntries(await Promise.all(hashed));
  }
  edit.manifest?.(manifest);
  await writeFile(file, JSON.stringify(manifest));
  return folder;
}

const TINY_WIDTH = 4;

/** A row of the tiny bundles: its largest value first. */
export const tinyRow = (value: number): Float32Array => Float32Array.of(value, 0, 0, 0);

/**
 * A bundle around a model of four features a, b, c, d, with one golden row of zeros and what else
 * is given.
 */
export async function writeTinyBundle(
  model: Uint8Array,
  golden: readonly (readonly [row: readonly number[], probability: number])[] = [],
): Promise<string> {
  const all = [[[0, 0, 0, 0], 0] as const, ...golden];
  return copyBundle({
    files: {
      'model.onnx': model,
      'golden.json': JSON.stringify({
        rows: all.map(([row]) => row),
        probabilities: all.map(([, probability]) => probability),
      }),
    },
    manifest: (manifest) => {
      Object.assign(manifest, {
        id: 'tiny',
        features: ['a', 'b', 'c', 'd'],
        featuresHash: sha256(Buffer.from('a\nb\nc\nd')),
        baseline: Array.from({ length: TINY_WIDTH }, () => 0),
        reasonGroups: [],
      });
    },
  });
}

export const tinySchema = new SignalSchema(
  ['a', 'b', 'c', 'd'].map((name) => ({
    name,
    type: 'number',
    origin: 'feature',
    description: name,
  })),
);
