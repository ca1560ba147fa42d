import type { Lane, LaneJob } from '#scoring/batcher.js';

export type ModelFailure =
  'MODEL_TIMEOUT' | 'MODEL_UNAVAILABLE' | 'MODEL_OVERLOADED' | 'MODEL_INVALID_SCORE';

export interface JobRequest {
  readonly lane: Lane;
  readonly rows: number;
  /** On the clock of performance.now(); Infinity for work that nobody waits for. */
  readonly deadlineMs: number;
  /** Fills the rows' slots, called at once. */
  readonly write: (slot: number, row: number) => void;
  /**
   * The outputs are shared memory: the rows' answers stand from `from` on and must be read at once.
   */
  readonly succeed: (outputs: Float32Array, from: number) => void;
  readonly fail: (failure: ModelFailure) => void;
}

/**
 * Rows that wait for the worker or run on it. Answered once, but its slots are busy until no run
 * reads them.
 */
export class ModelJob implements LaneJob {
  isAnswered = false;

  constructor(
    private readonly request: JobRequest,
    readonly slots: readonly number[],
    readonly arrivedMs: number,
  ) {}

  get lane(): Lane {
    return this.request.lane;
  }

  get rows(): number {
    return this.request.rows;
  }

  get deadlineMs(): number {
    return this.request.deadlineMs;
  }

  succeed(outputs: Float32Array, from: number): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.request.succeed(outputs, from);
  }

  fail(failure: ModelFailure): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.request.fail(failure);
  }
}
