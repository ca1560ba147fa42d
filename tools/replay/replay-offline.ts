import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import type { LabelSchedule } from './label-schedule.js';
import type { Counted, OfflineEngine } from './offline-engine.js';
import type { History } from './read-history.js';
import type { ReplayRecorder } from './replay-recorder.js';
import { SpanCursor, type ReplaySpan } from './replay-span.js';
import type { SignalColumns } from './signal-columns.js';
import { UndecidedBatch } from './undecided-batch.js';

export interface OfflineReplayOptions {
  readonly history: History;
  readonly labels: LabelSchedule;
  readonly engine: OfflineEngine;
  readonly columns: SignalColumns | null;
  readonly recorder: ReplayRecorder;
  readonly span: ReplaySpan;
  /** Aborted by the user: stop after the payments at hand. */
  readonly stop: AbortSignal;
}

/**
 * Runs a history through the engine in this process, as fast as it goes. Payments before the span,
 * or recorded by an earlier run, are decided again for their effects and recorded no more: what is
 * in the span sees the same state whatever the run started with.
 */
export class OfflineReplay {
  private readonly undecided: UndecidedBatch;
  private readonly recorded = new Set<Counted>();
  private clockMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: OfflineReplayOptions) {
    this.undecided = new UndecidedBatch(options.engine.plan);
  }

  /** @returns Whether it came to the end. */
  async run(): Promise<boolean> {
    const { history, span, stop, recorder } = this.options;
    const cursor = new SpanCursor(span);
    let after = false;
    for await (const items of history.batches()) {
      for (const item of items) {
        const place = cursor.place(item);
        after = place === 'after';
        if (after || stop.aborted) break;
        const waiting = this.replay(item, place === 'inside');
        // Awaiting for each payment would cost as much as its features.
        if (waiting !== undefined) await waiting;
      }
      if (after || stop.aborted) break;
      // Checkpoints are taken where nothing waits.
      if (recorder.isCheckpointDue) await this.decideWaiting();
      await recorder.pause(this.clockMs);
    }
    await this.decideWaiting();
    return !stop.aborted;
  }

  private replay(item: HistoryItem, isRecorded: boolean): Promise<unknown> | undefined {
    const { engine, labels } = this.options;
    // Histories may be a little out of order; the clock of labels is not.
    this.clockMs = Math.max(this.clockMs, item.timeMs);
    if (labels.nextTimeMs <= this.clockMs) {
      for (const { request, timeMs } of labels.due(this.clockMs)) engine.label(request, timeMs);
    }
    labels.add(item, null);
    const prepared = engine.prepare(item);
    if (!engine.hasModel) {
      const counted = engine.count(item, prepared);
      const decided = engine.decide(counted, null);
      return isRecorded ? this.record(counted, decided) : undefined;
    }
    if (!this.undecided.isFull && !this.undecided.concerns(prepared)) {
      this.enqueue(engine.count(item, prepared), isRecorded);
      return undefined;
    }
    return this.decideWaiting().then(() => this.enqueue(engine.count(item, prepared), isRecorded));
  }

  private enqueue(counted: Counted, isRecorded: boolean): void {
    this.undecided.add(counted);
    if (isRecorded) this.recorded.add(counted);
  }

  private async decideWaiting(): Promise<void> {
    const batch = this.undecided.take();
    const decided = await this.options.engine.decideMany(batch);
    for (const [index, counted] of batch.entries()) {
      const one = decided[index];
      if (one === undefined || !this.recorded.has(counted)) continue;
      const waiting = this.record(counted, one);
      if (waiting !== undefined) await waiting;
    }
    this.recorded.clear();
  }

  private record({ item, prepared }: Counted, decided: Decided): Promise<unknown> | undefined {
    const { columns, recorder, labels } = this.options;
    const full =
      columns === null ? decided : { ...decided, features: columns.read(prepared.record) };
    return recorder.take(item, full, labels.truthOf(item));
  }
}
