import { entityKeys } from './entity-lanes.js';
import type { HistoryItem } from './history-item.js';

/**
 * Finds the payments whose order the history does not tell: another payment of one of their
 * entities has the same time, and whichever counts first is not in the other's features. Two
 * systems may break such a tie differently and both be right.
 *
 * @param batches  A history in order of time.
 * @param ids      The payments asked about.
 * @param paths    Request paths of the entities.
 * @returns Those of `ids` that are tied.
 */
export async function findTies(
  batches: AsyncIterable<readonly HistoryItem[]>,
  ids: ReadonlySet<string>,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const tied = new Set<string>();
  let moment: HistoryItem[] = [];
  const settle = (): void => {
    if (moment.length > 1 && moment.some((item) => ids.has(item.request.transaction_id))) {
      for (const id of tiedIn(moment, paths)) if (ids.has(id)) tied.add(id);
    }
  };
  for await (const items of batches) {
    for (const item of items) {
      if (item.timeMs !== moment[0]?.timeMs) {
        settle();
        moment = [];
      }
      moment.push(item);
    }
  }
  settle();
  return tied;
}

/** The payments of one moment that share an entity with another of it. */
function tiedIn(moment: readonly HistoryItem[], paths: readonly string[]): readonly string[] {
  const payments = new Map<string, string[]>();
  for (const { request } of moment) {
    for (const key of entityKeys(request, paths)) {
      const sharing = payments.get(key);
      if (sharing === undefined) payments.set(key, [request.transaction_id]);
      else sharing.push(request.transaction_id);
    }
  }
  return [...payments.values()].filter(({ length }) => length > 1).flat();
}
