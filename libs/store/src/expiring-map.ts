import { RecentMap } from './recent-map.js';

interface Held<V> {
  value: V;
  expiresMs: number;
}

/** A map bounded by entries, most recently used, and by age. Times are the caller's. */
export class ExpiringMap<K, V> {
  private readonly held: RecentMap<K, Held<V>>;

  constructor(
    entriesMax: number,
    private readonly ttlMs: number,
  ) {
    this.held = new RecentMap(entriesMax);
  }

  get(key: K, nowMs: number): V | undefined {
    const found = this.held.get(key);
    return found !== undefined && found.expiresMs > nowMs ? found.value : undefined;
  }

  set(key: K, value: V, nowMs: number): void {
    const expiresMs = nowMs + this.ttlMs;
    const found = this.held.get(key);
    if (found === undefined) {
      this.held.set(key, { value, expiresMs });
      return;
    }
    found.value = value;
    found.expiresMs = expiresMs;
  }
}
