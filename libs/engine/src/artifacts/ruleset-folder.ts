import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import type { RulesetFile } from '#rules/ruleset.js';

/**
 * Editors write a file in several steps; a reload waits until the folder has been still this long.
 */
const DEBOUNCE_MS = 100;

export interface RulesetFolder {
  /** `ruleset.yaml`, `cases.csv` and tables, by name relative to the ruleset's folder. */
  readonly files: readonly RulesetFile[];
  readonly lists: readonly RulesetFile[];
  /** sha256 (hex) over names and contents of all files, lists included. */
  readonly version: string;
}

/**
 * Reads a ruleset's folder and the folder of lists beside the rulesets, null where there is none.
 * Rejects when a file cannot be read.
 */
export async function readRulesetFolder(
  folder: string,
  listFolder: string | null,
): Promise<RulesetFolder> {
  const [files, lists] = await Promise.all([
    readFiles(folder, /\.(?:yaml|csv)$/),
    listFolder === null ? [] : readFiles(listFolder, /\.csv$/),
  ]);
  const hash = createHash('sha256');
  for (const { name, text } of [...files, ...lists]) {
    hash.update(`${name}\n${Buffer.byteLength(text)}\n`).update(text);
  }
  return { files, lists, version: hash.digest('hex') };
}

/** Names ascend, so that the version does not depend on the file system's order. */
async function readFiles(folder: string, wanted: RegExp): Promise<readonly RulesetFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => wanted.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    // A mounted Kubernetes ConfigMap: links to files in a hidden folder that changes its name.
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')))
    .sort();
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
  );
}

export interface RulesetWatchOptions {
  readonly folder: string;
  readonly listFolder: string;
  /** The version being served, so that a touch without a change reloads nothing. */
  readonly version: string;
  /** Checks, compiles and swaps; throwing keeps the old version serving. */
  readonly onChange: (folder: RulesetFolder) => void | Promise<void>;
  /** A look at the files found the version that is being served, for instance put back. */
  readonly onUnchanged?: () => void;
  /** The new files were refused or cannot be read: a person must act. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * Reloads the ruleset when its files change. The old version serves until `onChange` returns, and
 * goes on serving when it throws; the next change is tried afresh.
 *
 * @returns A function that stops watching.
 */
export function watchRulesetFolder(options: RulesetWatchOptions): () => void {
  let { version } = options;
  let timer: NodeJS.Timeout | undefined;
  let reload = Promise.resolve();
  const attempt = async (): Promise<void> => {
    try {
      const next = await readRulesetFolder(options.folder, options.listFolder);
      if (next.version === version) {
        options.onUnchanged?.();
        return;
      }
      await options.onChange(next);
      version = next.version;
    } catch (error) {
      options.onRefused(error);
    }
  };
  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // One at a time: two quick changes must not swap in the wrong order.
      reload = reload.then(attempt);
    }, DEBOUNCE_MS);
  };
  const watchers: FSWatcher[] = [options.folder, options.listFolder].map((folder) =>
    watch(folder, { recursive: true }, schedule).on('error', options.onRefused),
  );
  // What changed between the reading of `version` and here raised no event.
  schedule();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
