import type { FeatureStore, IdempotencyClaim } from '#features/feature-store.js';
import type { ClaimCheckpoint } from '../recovery/claim-checkpoint.js';

const WAITING_MAX = 10_000;
const RETRY_INTERVAL_MS = 1_000;
const RETRY_BATCH = 500;

interface Completion {
  readonly claim: IdempotencyClaim;
  readonly reply: string;
  readonly sequence: number;
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
    private readonly ttlSeconds: number,
    private readonly waitingMax = WAITING_MAX,
  ) {
    this.timer = setInterval(() => this.retry(), RETRY_INTERVAL_MS);
    this.timer.unref();
  }

  get size(): number {
    return this.waiting.length;
  }

  add(completion: Completion): void {
    this.checkpoint.begin(completion.sequence);
    this.send(completion);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.retry();
    await Promise.all(this.running);
  }

  private retry(): void {
    for (const completion of this.waiting.splice(0, RETRY_BATCH)) this.send(completion);
  }

  private send(completion: Completion): void {
    const { claim, reply, sequence } = completion;
    const sent = this.store.complete(claim, reply, this.ttlSeconds).then(
      () => this.checkpoint.done(sequence),
      () => {
        if (this.waiting.length < this.waitingMax) this.waiting.push(completion);
        else this.checkpoint.giveUp(sequence);
      },
    );
    this.running.add(sent);
    void sent.finally(() => this.running.delete(sent));
  }
}
