import { BatchLimit } from './batch-limit.js';
import { DeadlineQueue, type Job } from './deadline-queue.js';
import { LatencyModel } from './latency-model.js';

/** In order of priority: a lane runs only when nothing waits in those before it. */
const lanes = ['score', 'explanation', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

export interface LaneJob extends Job {
  readonly lane: Lane;
}

export interface BatcherOptions {
  readonly batchRowsMax: number;
  readonly batchRowsStart: number;
  /**
   * How long a score may wait for company. 0 for trees: a batch is whatever waits when the worker
   * is free.
   */
  readonly maxDelayMs: number;
  /** A fuller lane refuses: what would wait behind it could not meet its deadline anyway. */
  readonly laneRowsMax: number;
  /** What a run may take of a decision's 50 ms. */
  readonly inferenceBudgetMs: number;
  /** Kept between the end of a run and the earliest deadline in it. */
  readonly reserveMs: number;
}

export type Admission = 'queued' | 'overloaded' | 'too_late';

export interface BatchPlan<J> {
  /** Jobs that cannot be done in time: to be answered without a score. */
  readonly shed: readonly J[];
  /** What to run now; empty when nothing should. */
  readonly jobs: readonly J[];
  readonly rows: number;
  /** When to ask again although nothing arrives; Infinity when only an arrival matters. */
  readonly askAgainMs: number;
}

/**
 * After this long without a finished run the estimate is stale: one job is tried whatever it says.
 */
const PROBE_INTERVAL_MS = 100;
const GAP_SMOOTHING = 0.1;

/**
 * Decides what runs next on one worker that does one batch at a time. A state machine without a
 * clock: every call says what time it is. Earliest deadline first within a lane; jobs that the
 * latency estimate gives up are shed before the run, so that the doomed head of a queue does not
 * make those behind it late too (Clockwork, Gujarati 2020).
 *
 * Shedding goes by the expected time, not by its 99th percentile: with the percentile one slow run
 * in a hundred would refuse work that has a 99 % chance. The percentile decides when waiting for a
 * fuller batch must end.
 */
export class Batcher<J extends LaneJob> {
  private readonly queues: Readonly<Record<Lane, DeadlineQueue<J>>> = {
    score: new DeadlineQueue<J>(),
    explanation: new DeadlineQueue<J>(),
    bulk: new DeadlineQueue<J>(),
  };
  private readonly latency = new LatencyModel();
  private readonly limit: BatchLimit;
  private lastFinishMs = Number.NEGATIVE_INFINITY;
  private lastArrivalMs = Number.NEGATIVE_INFINITY;
  private gapMs = Number.POSITIVE_INFINITY;

  constructor(private readonly options: BatcherOptions) {
    this.limit = new BatchLimit(
      { start: options.batchRowsStart, max: options.batchRowsMax },
      options.inferenceBudgetMs,
    );
  }

  waitingRows(lane: Lane): number {
    return this.queues[lane].rows;
  }

  get isEmpty(): boolean {
    return lanes.every((lane) => this.queues[lane].length === 0);
  }

  get batchRowsLimit(): number {
    return this.limit.rows;
  }

  /** Takes a job into its lane, or says why not. */
  offer(job: J, nowMs: number): Admission {
    if (job.deadlineMs <= nowMs) return 'too_late';
    const queue = this.queues[job.lane];
    if (queue.rows + job.rows > this.options.laneRowsMax) return 'overloaded';
    if (job.lane === 'score') this.noteArrival(nowMs);
    queue.push(job, nowMs);
    return 'queued';
  }

  /** Removes the jobs whose deadline has passed. */
  expire(nowMs: number): J[] {
    return lanes.flatMap((lane) => this.popWhile(lane, (job) => job.deadlineMs <= nowMs));
  }

  /** The earliest deadline that waits; Infinity when none does. */
  get nextDeadlineMs(): number {
    return Math.min(...lanes.map((lane) => this.queues[lane].peek()?.deadlineMs ?? Infinity));
  }

  /** What a free worker should do now. */
  next(nowMs: number): BatchPlan<J> {
    const isStale = nowMs - this.lastFinishMs > PROBE_INTERVAL_MS;
    const expectedMs = isStale ? 0 : this.latency.typicalMs(1);
    const shed = lanes.flatMap((lane) =>
      this.popWhile(lane, (job) => job.deadlineMs <= nowMs || job.deadlineMs < nowMs + expectedMs),
    );
    const lane = lanes.find((name) => this.queues[name].length > 0);
    if (lane === undefined) return { shed, jobs: [], rows: 0, askAgainMs: Infinity };
    const askAgainMs = lane === 'score' ? this.waitUntilMs(nowMs) : nowMs;
    if (askAgainMs > nowMs) return { shed, jobs: [], rows: 0, askAgainMs };
    return { shed, ...this.fill(this.queues[lane]), askAgainMs: Infinity };
  }

  /** Learns from a finished run; the time is from hand-over to answer. */
  finish(rows: number, durationMs: number, nowMs: number): void {
    this.latency.observe(rows, durationMs);
    this.limit.observe(rows, durationMs);
    this.lastFinishMs = nowMs;
  }

  /** Empties every lane: the worker is gone. */
  clear(): J[] {
    return lanes.flatMap((lane) => this.popWhile(lane, () => true));
  }

  private fill(queue: DeadlineQueue<J>): { jobs: J[]; rows: number } {
    const jobs: J[] = [];
    let rows = 0;
    for (let job = queue.peek(); job !== undefined; job = queue.peek()) {
      // A job larger than the limit runs alone: it cannot be split.
      if (jobs.length > 0 && rows + job.rows > this.limit.rows) break;
      queue.pop();
      jobs.push(job);
      rows += job.rows;
    }
    return { jobs, rows };
  }

  /** Until when to wait for more scores: now or earlier means run. */
  private waitUntilMs(nowMs: number): number {
    const { maxDelayMs, reserveMs } = this.options;
    const queue = this.queues.score;
    const { rows } = queue;
    if (maxDelayMs === 0 || rows >= this.limit.rows) return nowMs;
    // One more row saves fixedMs / (rows + 1) each, and costs everyone the gap until it comes.
    if (this.gapMs * rows > this.latency.fixedMs / (rows + 1)) return nowMs;
    const deadlineMs = queue.peek()?.deadlineMs ?? nowMs;
    return Math.min(
      queue.oldestArrivalMs() + maxDelayMs,
      deadlineMs - reserveMs - this.latency.tailMsOf(rows),
    );
  }

  private noteArrival(nowMs: number): void {
    const gapMs = nowMs - this.lastArrivalMs;
    this.lastArrivalMs = nowMs;
    if (!Number.isFinite(gapMs)) return;
    this.gapMs = Number.isFinite(this.gapMs)
      ? this.gapMs + GAP_SMOOTHING * (gapMs - this.gapMs)
      : gapMs;
  }

  private popWhile(lane: Lane, condition: (job: J) => boolean): J[] {
    const queue = this.queues[lane];
    const popped: J[] = [];
    for (let job = queue.peek(); job !== undefined && condition(job); job = queue.peek()) {
      queue.pop();
      popped.push(job);
    }
    return popped;
  }
}
