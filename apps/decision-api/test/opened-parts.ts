import { rm } from 'node:fs/promises';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { Deadline } from '#platform/deadline.js';
import { Shutdown } from '#platform/shutdown.js';
import { systemClock } from '#telemetry/clock.js';
import { Logger } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import type { DecideContext } from '../src/decisions/progress.js';
import type { DecisionParts } from '../src/decisions/decision-parts.js';
import { openParts } from '../src/open-parts.js';
import { makeDataDir } from './in-process-api.js';

export interface OpenedParts {
  readonly parts: DecisionParts;
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** The real parts of the service on a folder of their own, without the server around them. */
export async function openedParts(
  environment: Readonly<Record<string, string>> = {},
): Promise<OpenedParts> {
  const { dataDir } = await makeDataDir();
  const patient = { DEADLINE_MS: '1000', STATE_TIMEOUT_MS: '1000', MODEL_TIMEOUT_MS: '1000' };
  const loaded = loadDecisionApiConfig({ DATA_DIR: dataDir, ...patient, ...environment });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const lines: string[] = [];
  const log = Logger.create({ level: 'info', service: 'test', write: (line) => lines.push(line) });
  const metrics = new Metrics();
  const shutdown = new Shutdown({ drainMs: 0, graceMs: 0, log });
  const options = {
    config: loaded.value,
    clock: systemClock,
    log,
    metrics,
    shutdown,
    loopDelayMs: () => 0,
  };
  const parts = await openParts(options);
  const close = async (): Promise<void> => {
    await shutdown.run('test');
    await parts.store.close();
    await parts.tally.close();
    await parts.journal.close();
    await parts.checkpoint.close();
    await rm(dataDir, { recursive: true });
  };
  return { parts, lines, close };
}

/** Who asks: with all the time in the world unless the test says otherwise. */
export function contextOf(
  claimKey: string,
  { bodyHash = 'body', remainingMs = 10_000 }: { bodyHash?: string; remainingMs?: number } = {},
): DecideContext {
  const nowMs = systemClock.monotonicMs();
  const deadline = new Deadline(nowMs, nowMs + remainingMs, systemClock);
  const who = { apiKeyId: '0123456789ab', mayBackdate: false, trace: null };
  return { ...who, claimKey, bodyHash, deadline };
}
