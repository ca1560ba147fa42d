import { setTimeout as sleep } from 'node:timers/promises';
import { patchOfLabel } from '#engine/event-patch.js';
import { prepareTransaction } from '#engine/prepare.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EventPatch, FeatureStore, StateRequest } from '#features/feature-store.js';
import { StoreError } from '#store/store-error.js';
import { Progress } from '../cli/progress.js';
import { whole } from '../cli/format-number.js';
import type { HistoryItem } from './history-item.js';
import type { LabelSchedule } from './label-schedule.js';
import type { History } from './read-history.js';
import { UserError } from '../cli/user-error.js';

const APPEND_TIMEOUT_MS = 5_000;
const ATTEMPTS_MAX = 8;
const BACKOFF_MS = 100;

export interface WarmUp {
  readonly history: History;
  /** Its own: a schedule is used up by going through it. */
  readonly labels: LabelSchedule;
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  readonly store: FeatureStore;
  /** Payments from here on are left to the replay. */
  readonly untilMs: number;
}

/**
 * Puts the state of everything before the replay into the feature store that the service uses, many
 * times faster than through the API. What is older than the longest window is left out: no feature
 * can see it.
 *
 * @returns How many payments it counted.
 */
export async function warmUp(options: WarmUp): Promise<number> {
  const { history, labels, plan, pseudonymizer, untilMs } = options;
  const horizonMs = Math.max(0, ...plan.entities.map((entity) => entity.horizonMs));
  const progress = new Progress({ label: 'warm-up', total: null });
  let counted = 0;
  let clockMs = Number.NEGATIVE_INFINITY;
  for await (const items of history.batches()) {
    const past = items.filter((item) => item.timeMs < untilMs);
    const seen = past.filter((item) => item.timeMs >= untilMs - horizonMs);
    await Promise.all(seen.map((item) => append(options, item)));
    counted += seen.length;
    clockMs = past.reduce((latest, item) => Math.max(latest, item.timeMs), clockMs);
    for (const item of past) labels.add(item, null);
    // Nothing is read while warming up, so labels need only come after their payments.
    const patches: EventPatch[] = [];
    for (const { request, timeMs } of labels.due(clockMs))
      patches.push(patchOfLabel(pseudonymizer, request, timeMs));
    if (patches.length > 0) await options.store.patch(patches);
    progress.update(counted, () => `${whole(counted)} transactions`);
    if (past.length < items.length) break;
  }
  progress.finish(counted, `${whole(counted)} transactions`);
  return counted;
}

async function append({ plan, pseudonymizer, store }: WarmUp, item: HistoryItem): Promise<void> {
  const prepared = prepareTransaction(plan, pseudonymizer, item.request, item.timeMs);
  const request: StateRequest = {
    ...prepared,
    claim: null,
    nowMs: Date.now(),
    append: true,
    timeoutMs: APPEND_TIMEOUT_MS,
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.readAndAppend(request);
      return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (attempt < ATTEMPTS_MAX) {
        // Appending is idempotent by event id. A store that stalled refuses at once for a while.
        await sleep(BACKOFF_MS * 2 ** attempt);
        continue;
      }
      throw new UserError(`the feature store: ${error.message}`, 'is its address right, is it up?');
    }
  }
}
