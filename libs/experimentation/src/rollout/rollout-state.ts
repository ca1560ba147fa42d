import type { GuardrailFinding } from './check-guardrails.js';
import type { Measurement } from './measurement.js';

/** Plain data, stored after every event; `stage` is an index into the plan's stages. */
export type RolloutState =
  | { readonly kind: 'running'; readonly stage: number; readonly sinceMs: number }
  | { readonly kind: 'paused'; readonly stage: number; readonly by: string }
  | { readonly kind: 'completed'; readonly atMs: number }
  | {
      readonly kind: 'rolled_back';
      readonly stage: number;
      readonly atMs: number;
      /** Null when guardrails did it. */
      readonly by: string | null;
      readonly evidence: readonly GuardrailFinding[];
    };

export interface PersonEvent {
  readonly kind: 'pause' | 'resume' | 'promote' | 'roll_back';
  readonly nowMs: number;
  readonly by: string;
}

export type RolloutEvent =
  | {
      readonly kind: 'tick';
      readonly nowMs: number;
      /** Null when there are no measurements, or only stale ones. */
      readonly measurement: Measurement | null;
    }
  | PersonEvent;

export type RolloutAction =
  | { readonly kind: 'hold'; readonly sentence: string }
  | {
      readonly kind: 'promote';
      readonly stage: number;
      readonly share: number;
      readonly sentence: string;
    }
  | { readonly kind: 'complete'; readonly sentence: string }
  | {
      readonly kind: 'roll_back';
      readonly evidence: readonly GuardrailFinding[];
      readonly sentence: string;
    };

export interface RolloutStep {
  readonly state: RolloutState;
  readonly action: RolloutAction;
}

export function startRollout(nowMs: number): RolloutState {
  return { kind: 'running', stage: 0, sinceMs: nowMs };
}
