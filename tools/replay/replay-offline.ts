import type { HistoryItem } from './history-item.js';
import type { LabelSchedule } from './label-schedule.js';
import type { OfflineEngine } from './offline-engine.js';
import type { Prepared } from './offline-decide.js';
import type { History } from './read-history.js';
import type { ReplayRecorder } from './replay-recorder.js';
import { SpanCursor, type ReplaySpan } from './replay-span.js';
import type { SignalColumns } from './signal-columns.js';

export interface OfflineReplay {
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
 * Runs a history through the engine in this process. Payments before the span, or done by an
 * earlier run, are counted for their state and decided no more: what is in the span sees the same
 * state whatever the run started with.
 *
 * @returns Whether it came to the end.
 */
export async function replayOffline(replay: OfflineReplay): Promise<boolean> {
  const cursor = new SpanCursor(replay.span);
  const state = { clockMs: Number.NEGATIVE_INFINITY, after: false };
  let deciding: Promise<void> = Promise.resolve();
  for await (const items of replay.history.batches()) {
    const prepared = prepare(replay, cursor, { items, state });
    // The model scores this batch on its thread while the features of the next are computed here.
    await deciding;
    await replay.recorder.pause(state.clockMs);
    deciding = finish(replay, prepared);
    if (state.after || replay.stop.aborted) break;
  }
  await deciding;
  return !replay.stop.aborted;
}

interface Batch {
  readonly items: readonly HistoryItem[];
  readonly state: { clockMs: number; after: boolean };
}

function prepare(
  { labels, engine }: OfflineReplay,
  cursor: SpanCursor,
  { items, state }: Batch,
): readonly Prepared[] {
  const prepared: Prepared[] = [];
  for (const item of items) {
    const place = cursor.place(item);
    if (place === 'after') {
      state.after = true;
      break;
    }
    // Histories may be a little out of order; the clock of labels is not.
    state.clockMs = Math.max(state.clockMs, item.timeMs);
    if (labels.nextTimeMs <= state.clockMs) {
      for (const label of labels.due(state.clockMs)) engine.label(label.request);
    }
    const one = engine.prepare(item);
    if (place === 'inside') prepared.push(one);
    labels.add(item, null);
  }
  return prepared;
}

async function finish(
  { engine, columns, recorder, labels }: OfflineReplay,
  prepared: readonly Prepared[],
): Promise<void> {
  const decided = await engine.decide(prepared);
  for (const [index, { item, record }] of prepared.entries()) {
    const plain = decided[index];
    if (plain === undefined) continue;
    const result = columns === null ? plain : { ...plain, features: columns.read(record) };
    const full = recorder.take(item, result, labels.truthOf(item));
    if (full !== undefined) await full;
  }
}
