import { setTimeout as sleep } from 'node:timers/promises';
import { BaseRpcContext, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { inBatches } from './in-batches.js';
import { readJournal, type JournalProblem } from './read-journal.js';
import type { JournalRecordType } from './record.js';

/** Handlers of this pattern get every record, in batches, in the order of the log. */
export const LOG_RECORDS = 'log.records';

const BATCH_RECORDS_MAX = 500;
/**
 * Little and often: storing what came in 100 ms keeps a core for 10 ms, and the slowest hundredth
 * of all decisions waits for that core. A batch that is late fills up by itself.
 */
const LINGER_MS = 20;
const POLL_MS = 20;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;

/** One record as it is handed to the consumers. */
export interface ShippedRecord {
  readonly sequence: number;
  /** When it was appended, epoch ms. */
  readonly timeMs: number;
  readonly type: JournalRecordType;
  readonly text: string;
}

/** Where a consumer stands: the last record it has stored. */
export interface StoredPosition {
  readonly sequence: number;
  readonly timeMs: number;
}

export interface JournalTransportOptions {
  readonly folder: string;
  /** Asked once, before the first batch; rejections are tried again. Null: from the beginning. */
  readonly position: () => Promise<StoredPosition | null>;
  readonly onProblem: (problem: JournalProblem) => void;
  /** A batch was not stored; it is offered again after a wait. */
  readonly onRetry: (error: unknown, waitMs: number) => void;
  /** The journal is not the one that the position speaks of; it is read from its beginning. */
  readonly onOtherJournal: () => void;
}

/**
 * Ships the local journal to the handlers of `LOG_RECORDS`, at least once: the next batch comes
 * when the handler of the last one is done, and the same batch again when it failed. A handler
 * stores the position together with the records, which makes that exactly once.
 */
export class JournalTransport extends Server implements CustomTransportStrategy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: JournalTransportOptions) {
    super();
  }

  /** Nest calls this when the handlers are there. */
  listen(started: () => void): void {
    this.running = this.run();
    started();
  }

  /** Resolves when the batch in hand is done, or given up because it failed. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  on(): never {
    throw new Error('JournalTransport has no events of its own');
  }

  unwrap(): never {
    throw new Error('JournalTransport has no server behind it');
  }

  private async run(): Promise<void> {
    const stored = await this.untilDone(() => this.options.position());
    if (stored === undefined) return;
    const records = this.records(await this.startAfter(stored));
    for await (const batch of inBatches(records, BATCH_RECORDS_MAX, LINGER_MS)) {
      await this.untilDone(() => this.hand(batch));
      if (this.stopping.signal.aborted) return;
    }
  }

  /** The sequence to begin with: behind the position, where this is the journal that it is of. */
  private async startAfter(stored: StoredPosition | null): Promise<number> {
    if (stored === null) return 1;
    const { folder, onProblem } = this.options;
    const reading = readJournal(folder, { fromSequence: stored.sequence, onProblem });
    for await (const { position, timeMs } of reading) {
      // A later one: retention has removed the record, and with it the proof.
      if (position.sequence > stored.sequence || timeMs === stored.timeMs) {
        return stored.sequence + 1;
      }
      break;
    }
    this.options.onOtherJournal();
    return 1;
  }

  private async *records(fromSequence: number): AsyncGenerator<ShippedRecord> {
    const reading = readJournal(this.options.folder, {
      fromSequence,
      follow: true,
      pollMs: POLL_MS,
      signal: this.stopping.signal,
      onProblem: this.options.onProblem,
    });
    for await (const { position, timeMs, type, payload } of reading) {
      yield { sequence: position.sequence, timeMs, type, text: payload.toString('utf8') };
    }
  }

  private async hand(batch: readonly ShippedRecord[]): Promise<void> {
    const handler = this.getHandlerByPattern(LOG_RECORDS);
    if (handler === null) throw new Error(`no handler of ${LOG_RECORDS}`);
    const answer = this.transformToObservable(await handler(batch, new BaseRpcContext([])));
    await lastValueFrom(answer, { defaultValue: undefined });
  }

  /** Tries until it succeeds, with growing waits; undefined when it was told to stop before. */
  private async untilDone<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      if (this.stopping.signal.aborted) return undefined;
      try {
        return await work();
      } catch (error) {
        this.options.onRetry(error, waitMs);
        await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }
}
