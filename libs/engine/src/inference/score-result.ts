import type { ModelFailure } from './model-job.js';

/** A model's answer for one transaction. A failure is never a number. */
export type ScoreResult =
  | {
      readonly kind: 'scored';
      readonly probability: number;
      readonly modelId: string;
      readonly modelVersion: string;
    }
  | { readonly kind: 'unavailable'; readonly cause: ModelFailure };

export const unavailable: Readonly<Record<ModelFailure, ScoreResult>> = {
  MODEL_TIMEOUT: { kind: 'unavailable', cause: 'MODEL_TIMEOUT' },
  MODEL_UNAVAILABLE: { kind: 'unavailable', cause: 'MODEL_UNAVAILABLE' },
  MODEL_OVERLOADED: { kind: 'unavailable', cause: 'MODEL_OVERLOADED' },
  MODEL_INVALID_SCORE: { kind: 'unavailable', cause: 'MODEL_INVALID_SCORE' },
};
