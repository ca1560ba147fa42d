import type { HistorySpan } from '#store/postgres/decision-history.js';

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;

/**
 * What to rebuild next, going back in time: the last hour first, then day by day (UTC). So the
 * short windows, which fraud shows in first, are whole again first.
 *
 * @param doneFromMs From here to `untilMs` it is done.
 * @returns Null when all of `fromMs` to `untilMs` is done.
 */
export function stretchBefore(
  doneFromMs: number,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): HistorySpan | null {
  if (doneFromMs <= fromMs) return null;
  const beginMs =
    doneFromMs === untilMs
      ? untilMs - MS_PER_HOUR
      : Math.floor((doneFromMs - 1) / MS_PER_DAY) * MS_PER_DAY;
  return { fromMs: Math.max(fromMs, beginMs), toMs: doneFromMs };
}
