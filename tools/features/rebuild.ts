import { setTimeout as sleep } from 'node:timers/promises';
import type { FeaturePlan } from '#features/feature-plan.js';
import type {
  DecisionHistory,
  HistoricDecision,
  HistorySpan,
} from '#store/postgres/decision-history.js';
import type { LoggedEvent } from '#store/rebuild/logged-event.js';
import { nextBatch, type RebuildProgress } from '#store/rebuild/rebuild-progress.js';
import type { Restored } from '#store/rebuild/state-restorer.js';
import type { RebuildBatch } from '#store/rebuild/tile-restorer.js';
import type { RebuildTally } from './rebuild-tally.js';
import { readEvent } from './read-event.js';
import type { RecordedSchemas } from './recorded-schemas.js';
import { stretchBefore } from './stretches.js';

const PAGE_DECISIONS = 512;
/** Written between two moments at which a kill costs nothing. */
const BATCH_EVENTS = 64;
const MS_PER_SECOND = 1_000;

export interface RebuildParts {
  readonly plan: FeaturePlan;
  readonly schemas: RecordedSchemas;
  readonly history: DecisionHistory;
  /** Writes a batch to Redis, or for a dry run only looks at it. */
  readonly restore: (
    events: readonly LoggedEvent[],
    batch: RebuildBatch,
    nowMs: number,
  ) => Promise<Restored>;
  /** Keeps how far it is. */
  readonly save: (progress: RebuildProgress) => Promise<void>;
  readonly tally: RebuildTally;
  readonly now: () => number;
  /** Decisions a second at most. */
  readonly perSecond: number;
  readonly stop: AbortSignal;
  /** Told after each batch: the time of its last decision, and how many were gone through. */
  readonly onBatch: (progress: RebuildProgress, atMs: number, decisions: number) => void;
}

/**
 * Goes through the log from `progress` back to `fromMs`, newest stretch first, and within a stretch
 * in the order in which decisions were made.
 *
 * @param resumes Whether the batch that comes first may have been done in part.
 * @returns The progress when all is done or `stop` asked to end.
 */
export async function rebuild(
  parts: RebuildParts,
  begun: RebuildProgress,
  { fromMs, resumes }: { readonly fromMs: number; readonly resumes: boolean },
): Promise<RebuildProgress> {
  const beganMs = performance.now();
  let progress = begun;
  let mayBeDone = resumes;
  await parts.save(progress);
  for (;;) {
    const stretch =
      spanOf(progress) ??
      stretchBefore(progress.done_from_ms, {
        fromMs,
        untilMs: progress.until_ms,
      });
    if (stretch === null || parts.stop.aborted) return progress;
    for await (const decisions of batches(
      parts.history,
      stretch,
      progress.stretch?.after ?? null,
    )) {
      const startMs = performance.now();
      const batch = { number: progress.batch, mayBeDone, isAgain: progress.is_again };
      parts.tally.add(await parts.restore(await eventsOf(parts, decisions), batch, parts.now()));
      mayBeDone = false;
      const last = decisions.at(-1)!;
      progress = {
        ...progress,
        stretch: { from_ms: stretch.fromMs, to_ms: stretch.toMs, after: last.decisionId },
        batch: nextBatch(progress.batch),
      };
      await parts.save(progress);
      parts.tally.walkMs = performance.now() - beganMs;
      parts.onBatch(progress, last.createdAtMs, parts.tally.decisions);
      if (parts.stop.aborted) return progress;
      const dueMs = startMs + (decisions.length * MS_PER_SECOND) / parts.perSecond;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    }
    progress = { ...progress, stretch: null, done_from_ms: stretch.fromMs };
    await parts.save(progress);
  }
}

function spanOf({ stretch }: RebuildProgress): HistorySpan | null {
  return stretch === null ? null : { fromMs: stretch.from_ms, toMs: stretch.to_ms };
}

async function* batches(
  history: DecisionHistory,
  span: HistorySpan,
  begin: string | null,
): AsyncGenerator<readonly HistoricDecision[]> {
  let after = begin;
  for (;;) {
    const page = await history.page(span, after, PAGE_DECISIONS);
    for (let first = 0; first < page.length; first += BATCH_EVENTS) {
      yield page.slice(first, first + BATCH_EVENTS);
    }
    if (page.length < PAGE_DECISIONS) return;
    after = page.at(-1)!.decisionId;
  }
}

async function eventsOf(
  { plan, schemas, tally }: RebuildParts,
  decisions: readonly HistoricDecision[],
): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (const decision of decisions) {
    const read = await readEvent(plan, schemas, decision);
    if (read.ok) events.push(read.event);
    else tally.skip(read.reason);
  }
  return events;
}
