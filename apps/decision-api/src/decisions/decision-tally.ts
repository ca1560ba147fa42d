import { v7 as uuidv7 } from 'uuid';
import type { TallyRecord } from '#contracts/journal-record.js';
import type { Journal } from '#journal/journal.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';

const MINUTE_MS = 60_000;

export interface DecisionTallyOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Counts the decisions that were recorded, by the minute they were made in, and writes the count of
 * each minute into the journal behind them: so that whoever takes the journal somewhere can tell
 * whether all arrived. What is counted late is written in a tally of its own; they add up. A
 * process that is killed leaves a count too low, never one too high.
 */
export class DecisionTally {
  private readonly counts = new Map<number, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: DecisionTallyOptions) {
    this.timer = setInterval(() => void this.write(this.minuteNow()), MINUTE_MS);
    this.timer.unref();
  }

  /** Call when the decision is in the journal. */
  count(createdAtMs: number): void {
    const minute = Math.floor(createdAtMs / MINUTE_MS);
    this.counts.set(minute, (this.counts.get(minute) ?? 0) + 1);
  }

  /** Writes what is counted, the minute that still runs too. Call before the journal is closed. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.write(Number.POSITIVE_INFINITY);
  }

  /** Writes the minutes before this one. */
  async write(before: number): Promise<void> {
    const done = [...this.counts].filter(([minute]) => minute < before);
    await Promise.all(done.map(([minute, decisions]) => this.append(minute, decisions)));
  }

  private async append(minute: number, decisions: number): Promise<void> {
    this.counts.delete(minute);
    const record: TallyRecord = {
      v: 1,
      id: uuidv7(),
      minute_ms: minute * MINUTE_MS,
      decisions,
    };
    try {
      await this.options.journal.append('tally', JSON.stringify(record));
    } catch (error) {
      // Written with the next; meanwhile others of the same minute may have come.
      this.counts.set(minute, decisions + (this.counts.get(minute) ?? 0));
      this.options.log.warn('A tally of decisions waits for the journal', { error });
    }
  }

  private minuteNow(): number {
    return Math.floor(this.options.clock.wallMs() / MINUTE_MS);
  }
}
