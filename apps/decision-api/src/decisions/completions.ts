import type { AnsweredClaim, FeatureStore, IdempotencyClaim } from '#features/feature-store.js';
import type { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';

const WAITING_MAX = 10_000;
const RETRY_INTERVAL_MS = 1_000;
/** Replies of this long go to the store together: one write for many decisions. */
const GATHER_MS = 5;
const BATCH_MAX = 100;
/** Of each retry, so that a store that comes back is not flooded. */
const RETRY_BATCHES = 5;

interface Completion extends AnsweredClaim {
  readonly sequence: number;
}

/**
 * Hands answered claims to the store, off the reply's way, and again when the store was away. What
 * finds no place here is not lost: the checkpoint stays behind it, and the next start hands it over
 * from the journal.
 */
export class Completions {
  private fresh: Completion[] = [];
  private freshTimer: NodeJS.Timeout | null = null;
  /** What the store could not take. */
  private readonly waiting: Completion[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly retryTimer: NodeJS.Timeout;

  constructor(
    private readonly store: FeatureStore,
    private readonly checkpoint: ClaimCheckpoint,
    private readonly ttlSeconds: number,
    private readonly waitingMax = WAITING_MAX,
  ) {
    this.retryTimer = setInterval(() => this.retry(RETRY_BATCHES), RETRY_INTERVAL_MS);
    this.retryTimer.unref();
  }

  get size(): number {
    return this.fresh.length + this.waiting.length;
  }

  add(claim: IdempotencyClaim, reply: string, sequence: number): void {
    this.checkpoint.begin(sequence);
    this.fresh.push({ claim, reply, sequence, ttlSeconds: this.ttlSeconds });
    if (this.fresh.length >= BATCH_MAX) this.sendFresh();
    else this.freshTimer ??= setTimeout(() => this.sendFresh(), GATHER_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.retryTimer);
    this.sendFresh();
    this.retry(WAITING_MAX / BATCH_MAX);
    await Promise.all(this.running);
  }

  private sendFresh(): void {
    if (this.freshTimer !== null) clearTimeout(this.freshTimer);
    this.freshTimer = null;
    const batch = this.fresh;
    this.fresh = [];
    this.send(batch);
  }

  private retry(batches: number): void {
    for (let sent = 0; sent < batches; sent += 1) this.send(this.waiting.splice(0, BATCH_MAX));
  }

  private send(batch: readonly Completion[]): void {
    if (batch.length === 0) return;
    const sent = this.store.complete(batch).then(
      () => {
        for (const { sequence } of batch) this.checkpoint.done(sequence);
      },
      () => this.keep(batch),
    );
    this.running.add(sent);
    void sent.finally(() => this.running.delete(sent));
  }

  private keep(batch: readonly Completion[]): void {
    const room = Math.max(0, this.waitingMax - this.waiting.length);
    this.waiting.push(...batch.slice(0, room));
    for (const { sequence } of batch.slice(room)) this.checkpoint.giveUp(sequence);
  }
}
