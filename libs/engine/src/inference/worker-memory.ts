/**
 * The memory that the main thread and an ONNX worker share, so that a request costs one copy of its
 * row and no message.
 *
 * control  [0] how many batches were asked for, [1] how many are answered (both threads sleep on
 * these), [2] rows of the
 *          batch, [3] 1 when the run failed, [4] its compute time in microseconds, [5] 1 when the
 *          worker is to end, from [16] on the slot of each row
 * rows     one model row in each slot, float32
 * outputs  the probability of each row of the batch, float32
 */
export interface WorkerMemory {
  readonly control: Int32Array;
  readonly rows: Float32Array;
  readonly outputs: Float32Array;
}

export interface WorkerData extends WorkerMemory {
  readonly model: Uint8Array;
  readonly featureCount: number;
}

export const ASKED = 0;
export const ANSWERED = 1;
export const ROWS = 2;
export const FAILED = 3;
export const COMPUTE_MICROS = 4;
export const ENDING = 5;
export const SLOTS_FROM = 16;

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly errors: readonly string[] }
  | { readonly kind: 'run_failed'; readonly message: string };

export function shareMemory(size: {
  readonly slots: number;
  readonly featureCount: number;
  readonly batchRowsMax: number;
}): WorkerMemory {
  const bytes = Float32Array.BYTES_PER_ELEMENT;
  return {
    control: new Int32Array(new SharedArrayBuffer((SLOTS_FROM + size.batchRowsMax) * bytes)),
    rows: new Float32Array(new SharedArrayBuffer(size.slots * size.featureCount * bytes)),
    outputs: new Float32Array(new SharedArrayBuffer(size.batchRowsMax * bytes)),
  };
}
