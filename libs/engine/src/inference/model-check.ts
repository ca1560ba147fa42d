import { goldenProblems } from '#scoring/golden-check.js';
import type { GoldenVectors } from '#scoring/manifest.js';

import type { OnnxThread } from './onnx-thread.js';

const WARM_RUNS = 20;
const RUN_MS_MAX = 5_000;

export interface ThreadCheck {
  readonly errors: readonly string[];
  /** Whether a row's probability has the same bits alone and in a full batch. */
  readonly isBatchInvariant: boolean;
}

/**
 * Runs the golden rows on a fresh thread, alone and together, and warms every power-of-two batch
 * size. The rows are written to the slots from 0 on, so nothing else may use the thread yet.
 */
export async function checkThread(
  thread: OnnxThread,
  golden: GoldenVectors,
  batchRowsMax: number,
): Promise<ThreadCheck> {
  const together: number[] = [];
  const alone: number[] = [];
  for (let from = 0; from < golden.rows.length; from += batchRowsMax) {
    const rows = golden.rows.slice(from, from + batchRowsMax);
    const slots = rows.map((row, slot) => {
      thread.writeRow(
        slot,
        Float32Array.from(row, (value) => value ?? Number.NaN),
      );
      return slot;
    });
    if (!(await runInTime(thread, slots))) return failed(from);
    for (const slot of slots) together.push(thread.outputs[slot] as number);
    for (const slot of slots) {
      if (!(await runInTime(thread, [slot]))) return failed(from + slot);
      alone.push(thread.outputs[0] as number);
    }
  }
  const errors = goldenProblems(golden.probabilities, Float32Array.from(together));
  if (errors.length > 0) return { errors, isBatchInvariant: false };
  for (let size = 1; size <= batchRowsMax; size *= 2) {
    // Rows that no golden row filled are zeros: any row warms.
    const slots = Array.from({ length: size }, (_, slot) => slot);
    for (let run = 0; run < WARM_RUNS; run += 1) {
      if (!(await runInTime(thread, slots))) return failed(0);
    }
  }
  const isBatchInvariant = together.every((value, row) => Object.is(value, alone[row]));
  return { errors, isBatchInvariant };
}

const failed = (row: number): ThreadCheck => ({
  errors: [`the model does not run on golden row ${row} or those after it`],
  isBatchInvariant: false,
});

async function runInTime(thread: OnnxThread, slots: readonly number[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RUN_MS_MAX);
  });
  await Promise.race([thread.run(slots), timeout]);
  clearTimeout(timer);
  return thread.isAnswered && thread.succeeded;
}
