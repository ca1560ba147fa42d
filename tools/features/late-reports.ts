import type { DecisionHistory } from '#store/postgres/decision-history.js';
import type { StateRestorer } from '#store/rebuild/state-restorer.js';
import { patchesOf } from './read-event.js';

const PAGE_ROWS = 128;

/**
 * Applies the reports that came since a time once more. One that came while its event was not back
 * yet found nothing to change, and may have come too late for the log that the rebuild read.
 *
 * @returns How many events they were about.
 */
export async function applyLateReports(
  history: DecisionHistory,
  restorer: StateRestorer,
  sinceMs: number,
): Promise<number> {
  let found = 0;
  for await (const news of history.newsSince(sinceMs, PAGE_ROWS)) {
    const patches = news.flatMap(patchesOf);
    found += await restorer.report(patches);
  }
  return found;
}
