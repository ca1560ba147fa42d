import type { FeatureStore, IdempotencyClaim } from '#features/feature-store.js';
import type { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';

const WAITING_MAX = 10_000;
/** 500 a second, in steps that no decision has to wait for. */
const RETRY_INTERVAL_MS = 20;
const RETRY_BATCH = 10;

interface Completion {
  readonly claim: IdempotencyClaim;
  readonly reply: string;
  /** Of its record in the journal. */
  readonly sequence: number;
  readonly ttlSeconds: number;
}

/**
 * Hands answered claims to the store, off the reply's way, and again when the store was away. What
 * finds no place here is not lost: the checkpoint stays behind it, and the next start hands it over
 * from the journal.
 */
export class Completions {
  private waiting: Completion[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly store: FeatureStore,
    private readonly checkpoint: ClaimCheckpoint,
  ) {
    this.timer = setInterval(() => this.retry(), RETRY_INTERVAL_MS);
    this.timer.unref();
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Resolves when it was tried once. */
  add(completion: Completion): Promise<void> {
    this.checkpoint.begin(completion.sequence);
    return this.send(completion);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.retry();
    await Promise.all(this.running);
  }

  private retry(): void {
    for (const completion of this.waiting.splice(0, RETRY_BATCH)) void this.send(completion);
  }

  private send(completion: Completion): Promise<void> {
    const { claim, reply, sequence, ttlSeconds } = completion;
    const sent = this.store.complete(claim, reply, ttlSeconds).then(
      () => this.checkpoint.done(sequence),
      () => {
        if (this.waiting.length < WAITING_MAX) this.waiting.push(completion);
        else this.checkpoint.giveUp(sequence);
      },
    );
    this.running.add(sent);
    return sent.finally(() => this.running.delete(sent));
  }
}
