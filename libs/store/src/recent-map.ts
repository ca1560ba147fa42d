/** A `Map` holds no more than twice as many. */
const GENERATION_MAX = 2 ** 23;

/**
 * A map that keeps the most recently used entries: between half of its bound and all of it.
 *
 * Two generations instead of an order: entries come into the young one; when it is full it becomes
 * the old one, and the old one is forgotten as a whole. A `Map` that loses its oldest entry for
 * each new one keeps a hole for it, and walks over all the holes to find the next: with 20,000
 * entries that costs ten times as much as the rest.
 */
export class RecentMap<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private readonly generationMax: number;

  constructor(entriesMax: number) {
    this.generationMax = Math.min(GENERATION_MAX, Math.max(1, Math.floor(entriesMax / 2)));
  }

  get(key: K): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.young.set(key, value);
    if (this.young.size < this.generationMax) return;
    this.old = this.young;
    this.young = new Map();
  }

  delete(key: K): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
