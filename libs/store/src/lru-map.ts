interface Held<V> {
  value: V;
  expiresMs: number;
}

/** A map bounded by entries and by age, least recently used out first. Times are the caller's. */
export class LruMap<K, V> {
  private readonly held = new Map<K, Held<V>>();

  constructor(
    private readonly entriesMax: number,
    private readonly ttlMs: number,
  ) {}

  get size(): number {
    return this.held.size;
  }

  get(key: K, nowMs: number): V | undefined {
    const found = this.held.get(key);
    if (found === undefined) return undefined;
    if (found.expiresMs > nowMs) return found.value;
    this.held.delete(key);
    return undefined;
  }

  /** Stores a value as the most recently used, and makes room for it. */
  set(key: K, value: V, nowMs: number): void {
    const held = this.held.get(key) ?? { value, expiresMs: 0 };
    held.value = value;
    held.expiresMs = nowMs + this.ttlMs;
    this.held.delete(key);
    this.held.set(key, held);
    if (this.held.size <= this.entriesMax) return;
    for (const oldest of this.held.keys()) {
      this.held.delete(oldest);
      break;
    }
  }

  delete(key: K): void {
    this.held.delete(key);
  }
}
