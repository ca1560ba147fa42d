import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Gathers what a source gives into batches: full ones while it gives fast, and what there is after
 * `lingerMs` otherwise. Asks the source for one item ahead and no more, so that whoever takes the
 * batches sets the pace.
 */
export async function* inBatches<T>(
  source: AsyncIterator<T>,
  sizeMax: number,
  lingerMs: number,
): AsyncGenerator<readonly T[], void> {
  let ahead = source.next();
  for (;;) {
    const first = await ahead;
    if (first.done === true) return;
    const batch = [first.value];
    ahead = source.next();
    const timer = new AbortController();
    const late = sleep(lingerMs, null, { signal: timer.signal }).catch(() => null);
    try {
      while (batch.length < sizeMax) {
        const next = await Promise.race([ahead, late]);
        if (next === null || next.done === true) break;
        batch.push(next.value);
        ahead = source.next();
      }
    } finally {
      timer.abort();
    }
    yield batch;
  }
}
