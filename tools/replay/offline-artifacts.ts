import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pseudonym } from '#contracts/token-values.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { readRulesetFolder, type RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { buildPolicySnapshot, type PolicySnapshot } from '#engine/policy-snapshot.js';
import { ModelHost } from '#engine/inference/model-host.js';
import type { FeaturePlan } from '#features/feature-plan.js';
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
  const read = await readFeaturePlan(path);
  if (read.ok) return read.value;
  throw new ReplayError(read.problems.join('\n'), 'mend the catalogue, or name another');
}

/** @returns Null where nothing is to be decided. */
export async function readPolicy(
  { rulesetFolder, listFolder }: EngineFiles,
  plan: FeaturePlan,
  pseudonym: Pseudonym,
): Promise<PolicySnapshot | null> {
  if (rulesetFolder === null) return null;
  const folder = await readFolders(rulesetFolder, listFolder);
  const built = buildPolicySnapshot(folder, plan.schema, pseudonym);
  if (built.ok) return built.value;
  throw new ReplayError(`${rulesetFolder}:\n${built.problems.join('\n')}`, 'mend the ruleset');
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
