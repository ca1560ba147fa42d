import type { AnsweredClaim, FeatureStore } from '#features/feature-store.js';
import type { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';

const WAITING_MAX = 10_000;
/** Replies of this long go to the store together: one write for many decisions. */
const GATHER_MS = 5;
const BATCH_MAX = 100;
/** 1,000 a second, in steps that no decision has to wait for. */
const RETRY_INTERVAL_MS = 50;
const RETRY_BATCH = 50;

interface Completion extends AnsweredClaim {
  /** Of its record in the journal. */
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
    private readonly waitingMax = WAITING_MAX,
  ) {
    this.retryTimer = setInterval(
      () => this.send(this.waiting.splice(0, RETRY_BATCH)),
      RETRY_INTERVAL_MS,
    );
    this.retryTimer.unref();
  }

  get size(): number {
    return this.fresh.length + this.waiting.length;
  }

  add(completion: Completion): void {
    this.checkpoint.begin(completion.sequence);
    this.fresh.push(completion);
    if (this.fresh.length >= BATCH_MAX) this.sendFresh();
    else this.freshTimer ??= setTimeout(() => this.sendFresh(), GATHER_MS);
  }

  /** Resolves when everything added was tried once. */
  async flush(): Promise<void> {
    this.sendFresh();
    await Promise.all(this.running);
  }

  async close(): Promise<void> {
    clearInterval(this.retryTimer);
    this.send(this.waiting.splice(0));
    await this.flush();
  }

  private sendFresh(): void {
    if (this.freshTimer !== null) clearTimeout(this.freshTimer);
    this.freshTimer = null;
    this.send(this.fresh);
    this.fresh = [];
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
