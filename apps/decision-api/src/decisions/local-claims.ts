/** What this process knows about an idempotency key. */
export type LocalClaim =
  | { readonly kind: 'new' }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'completed'; readonly reply: string };

interface Entry {
  readonly bodyHash: string;
  /** Null while the first request is in flight. */
  reply: string | null;
}

// At 2 KB a reply this is about 20 s of 400 retried decisions per second; the store knows the rest.
const REPLY_CHARACTERS_MAX = 16 * 1_048_576;

/**
 * The first look at an idempotency key, in memory: it answers quick retries without the store,
 * refuses a second request while the first is in flight, and stands in when the store is away. The
 * oldest replies are dropped first.
 */
export class LocalClaims {
  private readonly entries = new Map<string, Entry>();
  private characters = 0;

  constructor(private readonly charactersMax: number = REPLY_CHARACTERS_MAX) {}

  get size(): number {
    return this.entries.size;
  }

  begin(key: string, bodyHash: string): LocalClaim {
    const known = this.entries.get(key);
    if (known === undefined) {
      this.entries.set(key, { bodyHash, reply: null });
      return { kind: 'new' };
    }
    if (known.bodyHash !== bodyHash) return { kind: 'conflict' };
    if (known.reply === null) return { kind: 'in_flight' };
    return { kind: 'completed', reply: known.reply };
  }

  complete(key: string, bodyHash: string, reply: string): void {
    const before = this.entries.get(key);
    if (before !== undefined) this.forget(key, before);
    this.entries.set(key, { bodyHash, reply });
    this.characters += reply.length;
    this.evict();
  }

  /** Gives up a claim that got no answer, so that a retry may try again. */
  abandon(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.reply === null) this.forget(key, entry);
  }

  private evict(): void {
    for (const [key, entry] of this.entries) {
      if (this.characters <= this.charactersMax) return;
      // Requests in flight are bounded by admission; they must not be forgotten.
      if (entry.reply !== null) this.forget(key, entry);
    }
  }

  private forget(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.characters -= entry.reply?.length ?? 0;
  }
}
