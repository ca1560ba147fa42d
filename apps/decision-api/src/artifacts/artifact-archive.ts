import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { archivedBundle } from '#engine/artifacts/bundle-places.js';
import type { RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import type { ArtifactFile } from '#store/postgres/control-feed.js';

/**
 * Keeps every version of rules, lists and features that ever decided, by hash: a decision can be
 * recomputed as long as its record is kept. `rulesets/<hash>/{ruleset,lists}`,
 * `features/<hash>.yaml` and `models/<id>/<version>`.
 */
export async function archiveRuleset(archiveDir: string, files: RulesetFolder): Promise<void> {
  const target = join(archiveDir, 'rulesets', files.version);
  if (await exists(target)) return;
  const temporary = `${target}.${randomUUID()}.tmp`;
  await mkdir(join(temporary, 'ruleset'), { recursive: true, mode: 0o700 });
  await mkdir(join(temporary, 'lists'), { recursive: true });
  for (const [folder, list] of [
    ['ruleset', files.files],
    ['lists', files.lists],
  ] as const) {
    for (const { name, text } of list) {
      const file = join(temporary, folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode: 0o600 });
    }
  }
  await moveInto(temporary, target);
}

export async function archiveFeatures(
  archiveDir: string,
  file: string,
  version: string,
): Promise<void> {
  const target = join(archiveDir, 'features', `${version}.yaml`);
  if (await exists(target)) return;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const temporary = `${target}.${randomUUID()}.tmp`;
  await cp(file, temporary);
  await moveInto(temporary, target);
}

/** A bundle that came from the control plane, as `models/<id>/<version>`. */
export async function archiveModel(
  archiveDir: string,
  ref: string,
  files: readonly ArtifactFile[],
): Promise<void> {
  const target = archivedBundle(archiveDir, ref);
  const temporary = `${target}.${randomUUID()}.tmp`;
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  for (const { name, content } of files) {
    if (name !== basename(name)) throw new Error(`${ref}: ${name} does not stand in its folder`);
    await writeFile(join(temporary, name), content, { mode: 0o600 });
  }
  await moveInto(temporary, target);
}

/** Another process may have archived the same content meanwhile: then its copy stays. */
async function moveInto(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
