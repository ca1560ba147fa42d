import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where bundles may be found. */
export interface BundlePlaces {
  /** What was fetched from the database: `models/<id>/<version>` in it. */
  readonly archiveDir: string;
  /** The folder of one model's versions; null: none. */
  readonly modelDir: string | null;
}

export function archivedBundle(archiveDir: string, ref: string): string {
  return join(archiveDir, 'models', ref);
}

/**
 * The folder of the bundle named `id/version`, null where there is none. The model folder names its
 * model in its manifests only, so that is asked.
 */
export async function findBundle(ref: string, places: BundlePlaces): Promise<string | null> {
  const { archiveDir, modelDir } = places;
  const version = ref.slice(ref.indexOf('/') + 1);
  const folders = [
    archivedBundle(archiveDir, ref),
    ...(modelDir === null ? [] : [join(modelDir, version)]),
  ];
  for (const folder of folders) {
    if ((await refOfBundle(folder)) === ref) return folder;
  }
  return null;
}

async function refOfBundle(folder: string): Promise<string | null> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    const { id, version } = manifest as { readonly id?: unknown; readonly version?: unknown };
    return `${String(id)}/${String(version)}`;
  } catch {
    return null; // No bundle, or a damaged one: what loads it says why.
  }
}
