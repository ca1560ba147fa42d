import { ByteLog } from '#store/byte-log.js';

/** What this process knows about an idempotency key. */
export type LocalClaim =
  | { readonly kind: 'new' }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'completed'; readonly reply: string };

// At 2 KB a reply this is about 10 s of 400 decisions per second; the store knows the rest.
const REPLY_BYTES_MAX = 8 * 1_048_576;

/**
 * The first look at an idempotency key, in memory: it answers quick retries without the store,
 * refuses a second request while the first is in flight, and stands in when the store is away. The
 * oldest replies are dropped first.
 */
export class LocalClaims {
  /** Body hashes of requests without an answer yet; bounded by admission. */
  private inFlight = new Map<string, string>();
  /** A body hash, a line feed, and the reply. */
  private readonly answered: ByteLog;

  constructor(bytesMax: number = REPLY_BYTES_MAX) {
    this.answered = new ByteLog(bytesMax);
  }

  begin(key: string, bodyHash: string): LocalClaim {
    const current = this.inFlight.get(key);
    if (current !== undefined) return { kind: current === bodyHash ? 'in_flight' : 'conflict' };
    const held = this.answered.get(key);
    if (held === null) {
      this.inFlight.set(key, bodyHash);
      return { kind: 'new' };
    }
    const text = held.toString('utf8');
    const end = text.indexOf('\n');
    if (text.slice(0, end) !== bodyHash) return { kind: 'conflict' };
    return { kind: 'completed', reply: text.slice(end + 1) };
  }

  complete(key: string, bodyHash: string, reply: string): void {
    this.abandon(key);
    const text = `${bodyHash}\n${reply}`;
    this.answered.reserve(key, Buffer.byteLength(text))?.write(text);
  }

  /** Gives up a claim that got no answer, so that a retry may try again. */
  abandon(key: string): void {
    // A fresh map now and then: one whose entries come and go keeps its garbage (ADR 0018).
    if (this.inFlight.delete(key) && this.inFlight.size === 0) this.inFlight = new Map();
  }
}
