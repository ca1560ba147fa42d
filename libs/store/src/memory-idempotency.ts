import type { ClaimResult, IdempotencyClaim } from '#features/feature-store.js';
import { RecentMap } from './recent-map.js';

interface Entry {
  readonly bodyHash: string;
  /** Null while it is being answered. */
  readonly reply: string | null;
  readonly untilMs: number;
}

/** Idempotency keys in memory; the oldest go first when there are too many. */
export class MemoryIdempotency {
  private readonly entries: RecentMap<string, Entry>;

  constructor(entriesMax: number) {
    this.entries = new RecentMap(entriesMax);
  }

  claim(claim: IdempotencyClaim, nowMs: number): ClaimResult {
    const found = this.entries.get(claim.key);
    if (found !== undefined && found.untilMs > nowMs) {
      if (found.bodyHash !== claim.bodyHash) return { kind: 'conflict' };
      if (found.reply !== null) return { kind: 'completed', reply: found.reply };
      return { kind: 'in_flight' };
    }
    this.entries.set(claim.key, {
      bodyHash: claim.bodyHash,
      reply: null,
      untilMs: nowMs + claim.leaseMs,
    });
    return { kind: 'claimed' };
  }

  complete(claim: IdempotencyClaim, reply: string, untilMs: number): void {
    this.entries.set(claim.key, { bodyHash: claim.bodyHash, reply, untilMs });
  }

  /** Only what is unanswered and was claimed with this body is given up. */
  release(claim: IdempotencyClaim): void {
    const found = this.entries.get(claim.key);
    if (found?.reply === null && found.bodyHash === claim.bodyHash) this.entries.delete(claim.key);
  }
}
