import type { EventId } from '#features/event-id.js';
import type { StateRequest } from '#features/feature-store.js';
import type { RedisCommand, RedisLink } from './redis-link.js';

/**
 * Requests whose appends failed and wait for Redis to come back; the oldest are dropped and
 * counted.
 */
export const WRITE_BEHIND_MAX = 20_000;
const BATCH_REQUESTS = 64;
const TIMEOUT_MS = 1_000;
const RETRY_MS = 250;

/**
 * Sends appends again that Redis did not confirm. Safe, because appending is idempotent by event
 * id: one that went through unheard changes nothing the second time.
 */
export class WriteBehind {
  dropped = 0;
  private readonly waiting = new Map<number, StateRequest>();
  private timer: NodeJS.Timeout | null = null;
  private draining = false;

  constructor(
    private readonly link: RedisLink,
    private readonly commandsOf: (request: StateRequest) => readonly RedisCommand[],
  ) {}

  get size(): number {
    return this.waiting.size;
  }

  add(request: StateRequest): void {
    this.waiting.set(keyOf(request.eventId), request);
    if (this.waiting.size > WRITE_BEHIND_MAX) {
      for (const oldest of this.waiting.keys()) {
        this.waiting.delete(oldest);
        this.dropped += 1;
        break;
      }
    }
    this.schedule();
  }

  /** The event was taken back: it must not be sent any more. */
  forget(id: EventId): void {
    this.waiting.delete(keyOf(id));
  }

  /** Sends what waits, in batches, until all went through or one did not. */
  async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    try {
      while (this.waiting.size > 0 && (await this.sendBatch())) {
        // Each batch is one round trip: decisions get their turn in between.
      }
    } finally {
      this.draining = false;
    }
    if (this.waiting.size > 0) this.schedule();
  }

  async close(): Promise<void> {
    await this.drain();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.dropped += this.waiting.size;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.drain();
    }, RETRY_MS);
  }

  private async sendBatch(): Promise<boolean> {
    const batch = [...this.waiting].slice(0, BATCH_REQUESTS);
    const commands = batch.map(([, request]) => this.commandsOf(request));
    const replies = await this.link.execute(commands.flat(), TIMEOUT_MS);
    let at = 0;
    let allSent = true;
    batch.forEach(([key, request], index) => {
      const own = replies.slice(at, at + commands[index]!.length);
      at += commands[index]!.length;
      if (!own.every((reply) => reply.ok)) allSent = false;
      else if (this.waiting.get(key) === request) this.waiting.delete(key);
    });
    return allSent;
  }
}

function keyOf(id: EventId): number {
  return (id.high >>> 11) * 2 ** 32 + id.low;
}
