import { Batcher, type BatcherOptions } from '#scoring/batcher.js';

import type { InferenceObserver, ShedReason } from './inference-observer.js';
import { type JobRequest, ModelJob, type ModelFailure } from './model-job.js';
import type { OnnxThread } from './onnx-thread.js';
import { SlotPool } from './slot-pool.js';

const shedReasonOf: Readonly<Record<ModelFailure, ShedReason>> = {
  MODEL_TIMEOUT: 'deadline',
  MODEL_OVERLOADED: 'overload',
  MODEL_INVALID_SCORE: 'not_a_probability',
  MODEL_UNAVAILABLE: 'unavailable',
};

interface Run {
  readonly thread: OnnxThread;
  readonly jobs: readonly ModelJob[];
  readonly rows: number;
  readonly startedMs: number;
}

/**
 * Timers and a thread around the batching algorithm: one queue, one worker, one batch at a time.
 */
export class BatchRunner {
  private readonly batcher: Batcher<ModelJob>;
  private slots = new SlotPool();
  private thread: OnnxThread | null = null;
  private running: Run | null = null;
  private pumpIsDue = false;
  private timer: NodeJS.Timeout | undefined;
  private timerMs = Number.POSITIVE_INFINITY;

  constructor(
    options: BatcherOptions,
    private readonly observer: InferenceObserver,
  ) {
    this.batcher = new Batcher(options);
  }

  get isIdle(): boolean {
    return this.running === null && this.batcher.isEmpty;
  }

  /** Since when the present batch runs; null when none does. */
  get runningSinceMs(): number | null {
    return this.running?.startedMs ?? null;
  }

  /** Takes a thread into service. */
  attach(thread: OnnxThread): void {
    this.thread = thread;
    this.slots = new SlotPool();
    this.pumpSoon();
  }

  /** The thread is gone: everything that waits or runs is answered now. */
  detach(): void {
    const lost = [...(this.running?.jobs ?? []), ...this.batcher.clear()];
    this.thread = null;
    this.running = null;
    for (const job of lost) this.fail(job, 'MODEL_UNAVAILABLE');
  }

  submit(request: JobRequest): void {
    const refusal = this.admit(request);
    if (refusal === null) return;
    this.observer.shed?.(shedReasonOf[refusal], request.lane);
    request.fail(refusal);
  }

  private admit(request: JobRequest): ModelFailure | null {
    if (this.thread === null) return 'MODEL_UNAVAILABLE';
    const nowMs = performance.now();
    if (request.deadlineMs <= nowMs) return 'MODEL_TIMEOUT';
    const slots = this.slots.take(request.lane, request.rows);
    if (slots === null) return 'MODEL_OVERLOADED';
    const job = new ModelJob(request, slots, nowMs);
    if (this.batcher.offer(job, nowMs) !== 'queued') {
      this.slots.give(job.lane, slots);
      return 'MODEL_OVERLOADED';
    }
    for (let row = 0; row < slots.length; row += 1) request.write(slots[row] as number, row);
    this.wakeAt(request.deadlineMs);
    this.pumpSoon();
    return null;
  }

  /**
   * Requests whose features arrived in one packet share a batch: a tick runs when all their
   * promises have settled.
   */
  private pumpSoon(): void {
    if (this.pumpIsDue || this.running !== null) return;
    this.pumpIsDue = true;
    process.nextTick(() => {
      this.pumpIsDue = false;
      this.pump();
    });
  }

  private pump(): void {
    const { thread } = this;
    if (thread === null || this.running !== null) return;
    const nowMs = performance.now();
    const plan = this.batcher.next(nowMs);
    for (const job of plan.shed) this.drop(job);
    if (plan.jobs.length === 0) {
      this.wakeAt(plan.askAgainMs);
      return;
    }
    const run: Run = { thread, jobs: plan.jobs, rows: plan.rows, startedMs: nowMs };
    this.running = run;
    const slots = plan.jobs.length === 1 ? plan.jobs[0]?.slots : plan.jobs.flatMap((j) => j.slots);
    void thread.run(slots ?? []).then(() => {
      // Not where the thread was lost, or its answer found before it was told.
      if (this.running === run) this.finish(run);
    });
  }

  private finish(run: Run): void {
    const nowMs = performance.now();
    const { rows, thread } = run;
    const { succeeded } = thread;
    this.running = null;
    this.batcher.finish(rows, nowMs - run.startedMs, nowMs);
    let from = 0;
    let oldestMs = run.startedMs;
    for (const job of run.jobs) {
      if (succeeded) job.succeed(run.thread.outputs, from);
      else this.fail(job, 'MODEL_UNAVAILABLE');
      from += job.rows;
      oldestMs = Math.min(oldestMs, job.arrivedMs);
      this.slots.give(job.lane, job.slots);
    }
    this.observer.batch?.(rows, (run.startedMs - oldestMs) * 1000, run.thread.computeMicros);
    this.pump();
  }

  private fail(job: ModelJob, failure: ModelFailure): void {
    if (job.isAnswered) return;
    this.observer.shed?.(shedReasonOf[failure], job.lane);
    job.fail(failure);
  }

  /** A waiting job that will not run. */
  private drop(job: ModelJob): void {
    this.fail(job, 'MODEL_TIMEOUT');
    this.slots.give(job.lane, job.slots);
  }

  /**
   * One timer for all deadlines, set to the earliest; a job that is done leaves it to ring for
   * nothing.
   */
  private wakeAt(timeMs: number): void {
    if (timeMs >= this.timerMs || !Number.isFinite(timeMs)) return;
    clearTimeout(this.timer);
    this.timerMs = timeMs;
    // The worker keeps the process alive while there is work; a deadline that needs no ringing must
    // not.
    this.timer = setTimeout(
      () => this.ring(),
      Math.max(0, Math.ceil(timeMs - performance.now())),
    ).unref();
  }

  private ring(): void {
    this.timerMs = Number.POSITIVE_INFINITY;
    // Where this process was held up, the answer may be there, and the news of it still to come.
    if (this.running?.thread.isAnswered === true) this.finish(this.running);
    const nowMs = performance.now();
    for (const job of this.batcher.expire(nowMs)) this.drop(job);
    let nextMs = this.batcher.nextDeadlineMs;
    for (const job of this.running?.jobs ?? []) {
      if (job.isAnswered) continue;
      if (job.deadlineMs <= nowMs) this.fail(job, 'MODEL_TIMEOUT');
      else nextMs = Math.min(nextMs, job.deadlineMs);
    }
    this.wakeAt(nextMs);
    this.pump();
  }
}
