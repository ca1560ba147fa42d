import type { FeaturesConfig } from '#config/features-config.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { whole } from '../cli/format-number.js';
import { interruptible } from '../cli/interruption.js';
import { Progress } from '../cli/progress.js';
import { openStores, redisUrls, type Stores } from './open-stores.js';
import { longestReachMs, rebuildState, type RebuildOutcome } from './rebuild-state.js';
import { verifyState } from './verify-state.js';

const DIFFERENT = 1;
const INTERRUPTED = 130;
/** The log is behind by less where experiments keeps up with the journal. */
const LOG_BEHIND_MS = 60_000;
const LATE_REPORTS_MS = 5_000;
const LOCK_WAIT_MS = 10_000;
const VERIFY_PAUSE_MS = 2_000;

export interface RebuildSettings {
  readonly from: number;
  readonly to?: number;
  readonly dryRun?: boolean;
  readonly again?: boolean;
  readonly perSecond: number;
  /** Seconds. */
  readonly settle: number;
  readonly verify?: number;
}

/** @returns The exit status. */
export async function runRebuild(
  settings: RebuildSettings,
  config: FeaturesConfig,
): Promise<number> {
  const stores = await openStores(config);
  try {
    const fromMs = earliestOf(settings, stores);
    tellOfLog(stores);
    const isFinished = await runWalk(settings, stores, fromMs);
    if (!isFinished) return INTERRUPTED;
    if (settings.verify === undefined || settings.dryRun === true) return 0;
    return (await runVerify(settings.verify, stores, { config, fromMs })) ? 0 : DIFFERENT;
  } finally {
    await Promise.all([stores.history.close(), stores.link.close()]);
  }
}

/** What is older than the longest window is of no use to any feature. */
function earliestOf({ from }: RebuildSettings, { plan }: Stores): number {
  const oldestMs = Date.now() - longestReachMs(plan);
  if (from >= oldestMs) return from;
  tell(`beginning at ${isoMinute(oldestMs)}: no window reaches further back`);
  return oldestMs;
}

function tellOfLog({ newestMs }: Stores): void {
  const behindMs = Date.now() - newestMs;
  if (behindMs < LOG_BEHIND_MS) return;
  tell(
    `the newest decision of the log is of ${isoMinute(newestMs)}; if there were later ones, let ` +
      'experiments catch up, then run this with --again',
  );
}

/** @returns False when it was interrupted. */
async function runWalk(
  settings: RebuildSettings,
  stores: Stores,
  fromMs: number,
): Promise<boolean> {
  const isDryRun = settings.dryRun === true;
  const untilMs = settings.to ?? null;
  const progress = new Progress({
    label: isDryRun ? 'survey' : 'rebuild',
    total: Math.max(1, (untilMs ?? Date.now()) - fromMs),
  });
  const outcome = await interruptible((stop) =>
    rebuildState(stores, {
      fromMs,
      untilMs,
      isDryRun,
      isAgain: settings.again === true,
      perSecond: settings.perSecond,
      settleMs: settings.settle * 1_000,
      lateReportsMs: LATE_REPORTS_MS,
      lockWaitMs: LOCK_WAIT_MS,
      stop,
      tell,
      onBatch: (reached, atMs, decisions) => {
        const inStretch = reached.stretch === null ? 0 : atMs - reached.stretch.from_ms;
        const doneMs = reached.until_ms - reached.done_from_ms + inStretch;
        progress.update(doneMs, () => `at ${isoMinute(atMs)}, ${whole(decisions)} decisions`);
      },
    }),
  );
  progress.finish(outcome.progress.until_ms - fromMs, 'done');
  process.stdout.write(describe(outcome, progress.elapsedSeconds, isDryRun));
  return outcome.isFinished;
}

function describe(outcome: RebuildOutcome, seconds: number, isDryRun: boolean): string {
  const { progress, tally, isFinished } = outcome;
  const span = `${isoMinute(progress.done_from_ms)} to ${isoMinute(progress.until_ms)}`;
  if (!isFinished) return `stopped; the same command goes on from here\n`;
  if (isDryRun) return `would rebuild ${span}\n${tally.describe(seconds, true)}`;
  if (tally.decisions === 0) return `${span} is rebuilt; nothing was to be done (see --again)\n`;
  return `rebuilt ${span}\n${tally.describe(seconds, false)}`;
}

async function runVerify(
  entities: number,
  stores: Stores,
  { config, fromMs }: { readonly config: FeaturesConfig; readonly fromMs: number },
): Promise<boolean> {
  const { plan, schemas, history } = stores;
  const store = await RedisFeatureStore.connect({ url: redisUrls(config), plan });
  try {
    const parts = {
      plan,
      schemas,
      history,
      store,
      now: () => Date.now(),
      pauseMs: VERIFY_PAUSE_MS,
    };
    const found = await verifyState(parts, { fromMs, entities });
    const { differences } = found;
    process.stdout.write(
      `verified ${whole(found.features)} features of ${whole(found.entities)} entities: ` +
        `${whole(differences.length)} differ\n${differences.map((line) => `  ${line}\n`).join('')}`,
    );
    return differences.length === 0;
  } finally {
    await store.close();
  }
}

function isoMinute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
