import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pseudonym } from '#contracts/token-values.js';
import { readRulesetFolder, type RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { ModelHost } from '#engine/inference/model-host.js';
import { formatCatalogueProblem, parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';
import { compileRuleset } from '#rules/compile-ruleset.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import { loadLists } from '#rules/list-file.js';
import { parseRuleset } from '#rules/parse-ruleset.js';
import { formatProblem, type Parsed } from '#rules/ruleset-problem.js';
import type { ModelRowWriter } from '#scoring/model-row.js';
import { ReplayError } from './replay-error.js';

export interface EngineFiles {
  readonly featuresFile: string;
  /** Null: compute features, decide nothing. */
  readonly rulesetFolder: string | null;
  readonly listFolder: string;
  /** A bundle's folder; null: rules only. */
  readonly modelFolder: string | null;
  readonly pseudonymKey: Buffer;
}

export interface OfflineModel {
  readonly host: ModelHost;
  readonly writeRow: ModelRowWriter;
  readonly width: number;
}

export async function readPlan(path: string): Promise<FeaturePlan> {
  const text = await readFile(path, 'utf8');
  const parsed = parseCatalogue(text, path);
  if (parsed.ok) {
    return buildFeaturePlan(parsed.value, createHash('sha256').update(text).digest('hex'));
  }
  throw new ReplayError(
    parsed.problems.map(formatCatalogueProblem).join('\n'),
    'mend the catalogue',
  );
}

export async function readRules(
  folder: string,
  options: {
    readonly listFolder: string;
    readonly plan: FeaturePlan;
    readonly pseudonym: Pseudonym;
  },
): Promise<CompiledRuleset> {
  const { files, lists } = await readFolders(folder, options.listFolder);
  const loaded = sound(
    folder,
    loadLists(lists, { schema: options.plan.schema, pseudonym: options.pseudonym }),
  );
  const ruleset = sound(folder, parseRuleset(files));
  return sound(folder, compileRuleset(ruleset, options.plan.schema, loaded));
}

export async function readModel(folder: string, plan: FeaturePlan): Promise<OfflineModel> {
  const host = ModelHost.start();
  const loaded = await host.load(folder, plan.schema, { featureSetVersion: plan.version });
  if (!loaded.ok) {
    await host.close();
    throw new ReplayError(`${folder}: ${loaded.errors.join('\n')}`, 'use --no-model, or mend it');
  }
  const { writeRow, features } = loaded.value;
  return { host, writeRow, width: features.length };
}

/** Rulesets that use no lists need no folder of lists. */
async function readFolders(folder: string, listFolder: string): Promise<RulesetFolder> {
  if (existsSync(listFolder)) return readRulesetFolder(folder, listFolder);
  const empty = await mkdtemp(join(tmpdir(), 'tollgate-no-lists-'));
  try {
    return await readRulesetFolder(folder, empty);
  } finally {
    await rm(empty, { recursive: true });
  }
}

function sound<T>(folder: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new ReplayError(
    parsed.problems.map((problem) => `${folder}/${formatProblem(problem)}`).join('\n'),
    'mend the ruleset',
  );
}
