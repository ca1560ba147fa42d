import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { inBatches } from './in-batches.js';
import { readJournal, type JournalProblem } from './read-journal.js';
import {
  BATCH_RECORDS_MAX,
  handRecords,
  LINGER_MS,
  type ShippedRecord,
  type StoredPosition,
} from './shipped-record.js';
import { untilDone } from './until-done.js';

/** The local journal's name among the sources of the log. */
export const JOURNAL_SOURCE = 'journal';

const POLL_MS = 20;

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
      await this.untilDone(() => handRecords(this, batch));
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
      const { sequence } = position;
      yield { source: JOURNAL_SOURCE, sequence, timeMs, type, text: payload.toString('utf8') };
    }
  }

  private untilDone<T>(work: () => Promise<T>): Promise<T | undefined> {
    return untilDone({ signal: this.stopping.signal, onRetry: this.options.onRetry }, work);
  }
}
