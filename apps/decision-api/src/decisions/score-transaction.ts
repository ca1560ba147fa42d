import type { DegradationCause, Reason } from '#contracts/decision-reply.js';
import type { SignalRecord } from '#contracts/signals.js';
import type { ModelHost } from '#engine/inference/model-host.js';
import type { ServingModel } from '#engine/inference/serving-model.js';

/** Below this no stage is begun that might not end in time. */
const WORTHWHILE_MS_MIN = 3;

export interface Scored {
  readonly probability: number | null;
  /** Null where no model answered. */
  readonly model: ServingModel | null;
  readonly cause: DegradationCause | null;
}

/**
 * Scores a transaction by the model of this moment. Never rejects: no answer is an answer with its
 * cause, except where no model is wanted.
 */
export async function scoreTransaction(
  host: ModelHost | null,
  record: SignalRecord,
  time: { readonly nowMs: number; readonly deadlineMs: number },
): Promise<Scored> {
  if (host === null) return missing(null);
  const model = host.current;
  if (model === null) return missing('MODEL_UNAVAILABLE');
  if (time.deadlineMs - time.nowMs < WORTHWHILE_MS_MIN) return missing('DEADLINE_SPENT');
  const result = await model.score(rowOf(model, record), time.deadlineMs);
  if (result.kind === 'unavailable') return missing(result.cause);
  return { probability: result.probability, model, cause: null };
}

/** The model's own reasons for a score; none when there is no time for them. */
export async function explainScore(
  scored: Scored,
  record: SignalRecord,
  time: { readonly nowMs: number; readonly deadlineMs: number },
): Promise<readonly Reason[]> {
  const { model, probability } = scored;
  if (model === null || probability === null) return [];
  if (time.deadlineMs - time.nowMs < WORTHWHILE_MS_MIN) return [];
  return (await model.explain(rowOf(model, record), probability, time.deadlineMs)) ?? [];
}

function rowOf(model: ServingModel, record: SignalRecord): Float32Array {
  const row = new Float32Array(model.features.length);
  model.writeRow(record, row);
  return row;
}

function missing(cause: DegradationCause | null): Scored {
  return { probability: null, model: null, cause };
}
