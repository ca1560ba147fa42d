import { setTimeout as sleep } from 'node:timers/promises';
import type { FeaturePlan } from '#features/feature-plan.js';
import { reachMs } from '#store/rebuild/logged-event.js';
import { RebuildLedger, type RebuildProgress } from '#store/rebuild/rebuild-progress.js';
import { StateRestorer } from '#store/rebuild/state-restorer.js';
import { UserError } from '../cli/user-error.js';
import { beginRebuild, type RebuildWish } from './begin-rebuild.js';
import { applyLateReports } from './late-reports.js';
import type { Stores } from './open-stores.js';
import { rebuild, type RebuildParts } from './rebuild.js';
import { RebuildTally } from './rebuild-tally.js';

/** How far the log may be behind a report that the service has acknowledged. */
const LOG_LAG_MS_MAX = 3_600_000;
const LOCK_POLL_MS = 500;

export interface RebuildOptions extends RebuildWish {
  readonly isDryRun: boolean;
  readonly perSecond: number;
  /** How long services may take to hand over what they held while Redis was away. */
  readonly settleMs: number;
  /** How long reports that were acknowledged may be on their way into the log. */
  readonly lateReportsMs: number;
  /** How long to wait for the lock of another; longer than a lease, in case it was killed. */
  readonly lockWaitMs: number;
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
  readonly onBatch: RebuildParts['onBatch'];
}

export interface RebuildOutcome {
  readonly tally: RebuildTally;
  readonly progress: RebuildProgress;
  /** False when it was asked to stop. */
  readonly isFinished: boolean;
}

/** How far back the windows of any entity reach. */
export function longestReachMs(plan: FeaturePlan): number {
  return Math.max(1, ...plan.entities.map(reachMs));
}

/** Rebuilds the state of everything that was decided since a time; see ADR 0024. */
export async function rebuildState(
  stores: Stores,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  const restorer = new StateRestorer(stores.link, stores.plan);
  try {
    return options.isDryRun
      ? await survey(stores, restorer, options)
      : await restoreAll(stores, restorer, options);
  } finally {
    await restorer.close();
  }
}

async function survey(
  stores: Stores,
  restorer: StateRestorer,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  const { progress } = beginRebuild(null, options, Date.now());
  const tally = new RebuildTally();
  const parts: RebuildParts = {
    ...partsOf(stores, options, tally),
    restore: (events, batch, nowMs) => restorer.survey(events, batch, nowMs),
    save: async () => undefined,
  };
  const reached = await rebuild(parts, progress, { fromMs: options.fromMs, resumes: false });
  return { tally, progress: reached, isFinished: !options.stop.aborted };
}

async function restoreAll(
  stores: Stores,
  restorer: StateRestorer,
  options: RebuildOptions,
): Promise<RebuildOutcome> {
  const ledger = await takeLock(stores, options);
  try {
    const tally = new RebuildTally();
    const stored = await ledger.read();
    if (stored === null && options.settleMs > 0) {
      const seconds = Math.ceil(options.settleMs / 1_000);
      options.tell(`waiting ${seconds} s: services hand over what they held for Redis`);
      await sleep(options.settleMs);
    }
    const { progress, isNeeded, resumes } = beginRebuild(stored, options, Date.now());
    if (!isNeeded) return { tally, progress, isFinished: true };
    if (resumes) options.tell('going on where an earlier run stopped');
    const parts: RebuildParts = {
      ...partsOf(stores, options, tally),
      restore: (events, batch, nowMs) => restorer.restore(events, batch, nowMs),
      save: (reached) => ledger.write(reached),
    };
    const reached = await rebuild(parts, progress, { fromMs: options.fromMs, resumes });
    if (options.stop.aborted) return { tally, progress: reached, isFinished: false };
    tally.lateReports = await lateReports(stores, restorer, {
      startedAtMs: progress.started_at_ms,
      pauseMs: options.lateReportsMs,
    });
    const finished = { ...reached, is_finished: true };
    await ledger.write(finished);
    return { tally, progress: finished, isFinished: true };
  } finally {
    await ledger.close();
  }
}

/** Twice, for those that were on their way into the log when it was read. */
async function lateReports(
  { history }: Stores,
  restorer: StateRestorer,
  { startedAtMs, pauseMs }: { readonly startedAtMs: number; readonly pauseMs: number },
): Promise<number> {
  const firstAtMs = Date.now();
  const first = await applyLateReports(history, restorer, startedAtMs - LOG_LAG_MS_MAX);
  await sleep(pauseMs);
  await applyLateReports(history, restorer, firstAtMs - pauseMs);
  return first;
}

async function takeLock(
  { link, plan }: Stores,
  { tell, lockWaitMs }: RebuildOptions,
): Promise<RebuildLedger> {
  const giveUpAtMs = performance.now() + lockWaitMs;
  for (let isTold = false; performance.now() < giveUpAtMs; isTold = true) {
    const ledger = await RebuildLedger.open(link, longestReachMs(plan));
    if (ledger !== null) return ledger;
    if (!isTold) tell('another rebuild holds the lock: waiting, in case it was killed');
    await sleep(LOCK_POLL_MS);
  }
  throw new UserError('another rebuild of this Redis is running', 'let it finish, or end it');
}

function partsOf(
  { plan, schemas, history }: Stores,
  { perSecond, stop, onBatch }: RebuildOptions,
  tally: RebuildTally,
): Omit<RebuildParts, 'restore' | 'save'> {
  return { plan, schemas, history, tally, perSecond, stop, onBatch, now: () => Date.now() };
}
