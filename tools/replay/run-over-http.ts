import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { formatConfigProblems } from '#config/environment.js';
import { loadReplayConfig } from '#config/replay-config.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { whole } from '../cli/format-number.js';
import { ApiClient } from '../cli/api-client.js';
import { ExchangeLog } from './exchange-log.js';
import { interruptible } from './interruption.js';
import { LabelSchedule } from './label-schedule.js';
import { UserError } from '../cli/user-error.js';
import { HttpReplay } from './replay-http.js';
import type { ReplaySettings } from './replay-options.js';
import type { Run } from './replay-run.js';
import type { SignalColumns } from './signal-columns.js';
import { warmUp } from './warm-up.js';

const OPEN_LOOP_SOCKETS_MAX = 256;

interface HttpRun extends Run {
  readonly plan: FeaturePlan;
  readonly columns: SignalColumns | null;
}

/** @returns Whether the replay came to its end. */
export async function runOverHttp(settings: ReplaySettings, run: HttpRun): Promise<boolean> {
  const client = new ApiClient({
    url: settings.url,
    key: apiKey(settings),
    socketsMax: settings.rate === undefined ? settings.concurrency : OPEN_LOOP_SOCKETS_MAX,
    scopes: 'the scopes decide, label and replay',
    refusedAdvice: 'mend the mapping, or leave such rows out',
    goneAdvice: 'Go on with --resume',
  });
  // What was done by an earlier run is in the store already.
  if (settings.warmUp !== undefined && run.span.rowsDone === 0) {
    await warmUpStore(settings.warmUp, run);
  }
  const log =
    settings.log === undefined ? null : await ExchangeLog.open(settings.log, run.span.rowsDone > 0);
  return interruptible(async (stop) => {
    const replay = new HttpReplay({
      ...run,
      client,
      log,
      tellsOutcomes: settings.outcomes === true,
      stop,
      featureNames: run.columns?.names ?? null,
      entityPaths: run.plan.keyPaths,
      rate: settings.rate ?? null,
      concurrency: settings.concurrency,
    });
    try {
      return await replay.run();
    } finally {
      client.close();
      await log?.close();
      process.stdout.write(describeLatency(replay, client));
    }
  });
}

function describeLatency({ latenciesUs }: HttpReplay, { retries }: ApiClient): string {
  if (latenciesUs.totalCount === 0) return '';
  const at = (percentile: number): string =>
    (latenciesUs.getValueAtPercentile(percentile) / 1000).toFixed(1);
  return (
    `latency from the time due: p50 ${at(50)} ms, p99 ${at(99)} ms, p99.9 ${at(99.9)} ms, ` +
    `${whole(retries)} repeated\n`
  );
}

async function warmUpStore(address: string, run: HttpRun): Promise<void> {
  const { history, plan, span, labelFile } = run;
  const pseudonymizer = new Pseudonymizer(await servicePseudonymKey());
  const store = await RedisFeatureStore.connect({ url: address, plan });
  try {
    if (!store.isReady) throw new UserError(`no Redis answers at ${address}`, 'correct --warm-up');
    const labels = new LabelSchedule(labelFile);
    await warmUp({ history, labels, plan, pseudonymizer, store, untilMs: span.fromMs });
  } finally {
    await store.close();
  }
}

/**
 * The key that the service hashes identifiers with: by another, it would not find what is put into
 * its store.
 */
async function servicePseudonymKey(): Promise<Buffer> {
  const config = loadDecisionApiConfig();
  if (!config.ok) throw new UserError(formatConfigProblems(config.problems), 'correct it');
  const { pseudonymKey, dataDir } = config.value;
  if (pseudonymKey !== null) return pseudonymKey.reveal();
  const file = join(dataDir, 'pseudonym.key');
  const advice = 'set DATA_DIR or PSEUDONYM_KEY as the service has it';
  // Made here, it would be another than the service's.
  if (!existsSync(file)) throw new UserError(`there is no ${file}`, advice);
  const kept = await provideKeptPseudonymKey(file);
  if (kept.ok) return kept.key;
  throw new UserError(kept.problem, advice);
}

function apiKey({ key }: ReplaySettings): string {
  const found = key ?? loadReplayConfig().apiKey?.reveal();
  if (found !== undefined) return found;
  const advice =
    'make one by npm run keys -- create --name replay --scopes decide,label,replay, ' +
    'and give it by --key or TOLLGATE_API_KEY; or replay with --offline';
  throw new UserError('a replay through the API needs an API key', advice);
}
