/**
 * What a queue of waiting work needs to know of a job. Times are on the caller's clock, in
 * milliseconds.
 */
export interface Job {
  /** How many model rows it takes; all of them run in one batch. */
  readonly rows: number;
  readonly deadlineMs: number;
}

interface Entry<J> {
  readonly job: J;
  readonly arrivedMs: number;
  readonly sequence: number;
}

/**
 * Earliest deadline first; jobs with the same deadline in order of arrival. A binary heap: O(log
 * n).
 */
export class DeadlineQueue<J extends Job> {
  private readonly heap: Entry<J>[] = [];
  private arrivals = 0;
  private waitingRows = 0;

  get rows(): number {
    return this.waitingRows;
  }

  get length(): number {
    return this.heap.length;
  }

  peek(): J | undefined {
    return this.heap[0]?.job;
  }

  push(job: J, nowMs: number): void {
    this.waitingRows += job.rows;
    this.heap.push({ job, arrivedMs: nowMs, sequence: this.arrivals });
    this.arrivals += 1;
    this.rise(this.heap.length - 1);
  }

  pop(): J | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.waitingRows -= first.job.rows;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink();
    }
    return first.job;
  }

  /**
   * When the job that has waited longest arrived; Infinity when nothing waits. Reads the whole
   * queue.
   */
  oldestArrivalMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const entry of this.heap) oldest = Math.min(oldest, entry.arrivedMs);
    return oldest;
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < this.heap.length && this.isBefore(left, first)) first = left;
      if (right < this.heap.length && this.isBefore(right, first)) first = right;
      if (first === index) return;
      this.swap(index, first);
      index = first;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const left = this.heap[a] as Entry<J>;
    const right = this.heap[b] as Entry<J>;
    if (left.job.deadlineMs !== right.job.deadlineMs) {
      return left.job.deadlineMs < right.job.deadlineMs;
    }
    return left.sequence < right.sequence;
  }

  private swap(a: number, b: number): void {
    const kept = this.heap[a] as Entry<J>;
    this.heap[a] = this.heap[b] as Entry<J>;
    this.heap[b] = kept;
  }
}
