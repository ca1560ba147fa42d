import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { newestBundle } from '#engine/artifacts/model-bundle.js';
import { parseMapping, type Mapping } from './mapping.js';
import { UserError } from '../cli/user-error.js';

/** The options that name files, as the user wrote them. */
export interface FileOptions {
  readonly example?: string;
  readonly mapping?: string;
  readonly catalogue?: string;
  /** False: compute features only. */
  readonly ruleset: string | boolean;
  /** False: rules only. */
  readonly model: string | boolean;
}

export interface ReplayFiles {
  readonly mapping: Mapping | null;
  readonly featuresFile: string;
  readonly rulesetFolder: string | null;
  readonly listFolder: string;
  readonly modelFolder: string | null;
}

/**
 * Finds the files of a replay: those named, else those of the example, else those the service
 * itself uses. An example is a folder with mapping.yaml, features.yaml, rules/<its name>/ and
 * perhaps model/.
 */
export async function findFiles(options: FileOptions): Promise<ReplayFiles> {
  const { example } = options;
  const folder = example === undefined ? null : mustExist(example, '--example');
  const mappingFile = options.mapping ?? (folder === null ? null : join(folder, 'mapping.yaml'));
  const ruleset =
    typeof options.ruleset === 'string'
      ? options.ruleset
      : folder === null
        ? 'rules/default'
        : join(folder, 'rules', basename(folder));
  return {
    mapping: mappingFile === null ? null : await readMapping(mappingFile),
    featuresFile: mustExist(
      options.catalogue ??
        (folder === null ? 'rules/features.yaml' : join(folder, 'features.yaml')),
      '--catalogue',
    ),
    rulesetFolder: options.ruleset === false ? null : mustExist(ruleset, '--ruleset'),
    listFolder: join(ruleset, '..', 'lists'),
    modelFolder: options.model === false ? null : await modelFolder(options.model, folder),
  };
}

async function modelFolder(model: string | true, example: string | null): Promise<string | null> {
  if (typeof model === 'string') return mustExist(model, '--model');
  if (example === null) return newestBundle('models/fraud');
  const own = join(example, 'model');
  return existsSync(own) ? own : null;
}

async function readMapping(path: string): Promise<Mapping> {
  const parsed = parseMapping(await readFile(mustExist(path, '--mapping'), 'utf8'), path);
  if (parsed.ok) return parsed.value;
  throw new UserError(parsed.problems.join('\n'), 'see docs/guides/replay.md for the format');
}

function mustExist(path: string, option: string): string {
  if (existsSync(path)) return path;
  throw new UserError(`${path} does not exist`, `correct ${option}`);
}
