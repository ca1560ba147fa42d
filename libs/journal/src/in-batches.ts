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
  const next = (): Promise<IteratorResult<T>> => {
    const asked = source.next();
    // Whoever takes the batches may leave before it is awaited; its failure then is nobody's.
    asked.catch(() => undefined);
    return asked;
  };
  let ahead = next();
  for (;;) {
    const first = await ahead;
    if (first.done === true) return;
    const batch = [first.value];
    ahead = next();
    const timer = new AbortController();
    const late = sleep(lingerMs, null, { signal: timer.signal }).catch(() => null);
    try {
      while (batch.length < sizeMax) {
        const given = await Promise.race([ahead, late]);
        if (given === null || given.done === true) break;
        batch.push(given.value);
        ahead = next();
      }
    } finally {
      timer.abort();
    }
    yield batch;
  }
}
