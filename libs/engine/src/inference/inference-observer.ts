import type { Lane } from '#scoring/batcher.js';

/**
 * What the host tells about its work; telemetry turns it into metrics and log lines. Called on the
 * hot path.
 */
export interface InferenceObserver {
  /** A run ended: its rows, the wait of its oldest job, and the worker's own time. */
  batch?(rows: number, queueMicros: number, computeMicros: number): void;
  /** A job was answered without a score. */
  shed?(reason: ShedReason, lane: Lane): void;
  /** The worker was lost and is being replaced, or a run failed. */
  workerLost?(reason: string): void;
  workerReplaced?(afterMs: number): void;
  runFailed?(message: string): void;
  modelLoaded?(id: string, version: string): void;
}

export type ShedReason = 'deadline' | 'overload' | 'unavailable' | 'not_a_probability';
