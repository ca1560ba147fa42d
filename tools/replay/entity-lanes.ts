/**
 * Runs work concurrently, but work that shares a key one after the other, in the order it came. Two
 * payments of one card must reach the API in the order of the history, or each would see the other
 * as its past.
 */
export class EntityLanes {
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly running = new Set<Promise<unknown>>();

  /** How many pieces of work have not finished. */
  get size(): number {
    return this.running.size;
  }

  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => this.tails.get(key) ?? []);
    const result = before.length === 0 ? work() : Promise.allSettled(before).then(work);
    // Whoever waits for a place in a lane waits for an end, good or bad; the result itself goes to
    // the caller.
    const end: Promise<void> = result.then(
      () => this.leave(keys, end),
      () => this.leave(keys, end),
    );
    for (const key of keys) this.tails.set(key, end);
    this.running.add(end);
    return result;
  }

  /** Resolves when something has finished. */
  async next(): Promise<void> {
    await Promise.race(this.running);
  }

  /** Resolves when everything that was begun has finished. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  private leave(keys: readonly string[], end: Promise<unknown>): void {
    this.running.delete(end);
    for (const key of keys) if (this.tails.get(key) === end) this.tails.delete(key);
  }
}

/** What a payment must stay in order by: the values at these paths of its request. */
export function entityKeys(request: object, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    let value: unknown = request;
    for (const name of path.split('.')) {
      value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    }
    return typeof value === 'string' ? [`${path}=${value}`] : [];
  });
}
