import { join } from 'node:path';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { formatConfigProblems } from '#config/environment.js';
import { DecisionRecord } from '#contracts/journal-record.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { Recomputer } from '#engine/recompute.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';
import type { Recompute } from './recompute.js';

/**
 * The engine for `verify --recompute`, on the artifacts and the key of the service in this
 * environment.
 */
export async function openRecompute(): Promise<Recompute> {
  const loaded = loadDecisionApiConfig();
  if (!loaded.ok) throw new Error(formatConfigProblems(loaded.problems));
  const { dataDir, modelDir, pseudonymKey } = loaded.value;
  const recomputer = new Recomputer({
    archiveDir: join(dataDir, 'artifacts'),
    modelDir,
    pseudonymizer: new Pseudonymizer(pseudonymKey?.reveal() ?? (await keptKey(dataDir))),
  });
  return {
    recompute: async ({ payload }) =>
      recomputer.recompute(DecisionRecord.parse(JSON.parse(payload.toString('utf8')))),
    close: () => recomputer.close(),
  };
}

async function keptKey(dataDir: string): Promise<Buffer> {
  const kept = await provideKeptPseudonymKey(join(dataDir, 'pseudonym.key'));
  if (!kept.ok) throw new Error(kept.problem);
  return kept.key;
}
