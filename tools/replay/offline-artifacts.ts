import { existsSync } from 'node:fs';
import type { Pseudonym } from '#contracts/token-values.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { readRulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { buildPolicySnapshot, type PolicySnapshot } from '#engine/policy-snapshot.js';
import { ModelHost } from '#engine/inference/model-host.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { ModelRowWriter } from '#scoring/model-row.js';
import { UserError } from '../cli/user-error.js';

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
  throw new UserError(read.problems.join('\n'), 'mend the catalogue, or name another');
}

/** @returns Null where nothing is to be decided. */
export async function readPolicy(
  { rulesetFolder, listFolder }: EngineFiles,
  plan: FeaturePlan,
  pseudonym: Pseudonym,
): Promise<PolicySnapshot | null> {
  if (rulesetFolder === null) return null;
  // Rulesets that use no lists need no folder of them.
  const lists = existsSync(listFolder) ? listFolder : null;
  const folder = await readRulesetFolder(rulesetFolder, lists);
  const built = buildPolicySnapshot(folder, plan.schema, pseudonym);
  if (built.ok) return built.value;
  throw new UserError(`${rulesetFolder}:\n${built.problems.join('\n')}`, 'mend the ruleset');
}

export async function readModel(folder: string, plan: FeaturePlan): Promise<OfflineModel> {
  const host = ModelHost.start();
  const loaded = await host.load(folder, plan.schema, { featureSetVersion: plan.version });
  if (!loaded.ok) {
    await host.close();
    throw new UserError(`${folder}: ${loaded.errors.join('\n')}`, 'use --no-model, or mend it');
  }
  const { writeRow, features } = loaded.value;
  return { host, writeRow, width: features.length };
}
