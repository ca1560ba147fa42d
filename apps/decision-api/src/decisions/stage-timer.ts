import type { DecisionReply } from '#contracts/decision-reply.js';
import type { Clock } from '#telemetry/clock.js';
import type { Metrics, Stage } from '#telemetry/metrics.js';
import type { RequestTrace } from '#telemetry/tracing.js';

const MICROSECONDS_PER_MS = 1_000;

/** Times the stages of one decision, one after the other, for metrics, traces and the reply. */
export class StageTimer {
  private readonly durationsMs = new Map<Stage, number>();
  private lastMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly trace: RequestTrace | null,
  ) {
    this.lastMs = clock.monotonicMs();
  }

  /** Ends a stage that began when the one before it ended. */
  end(stage: Stage): void {
    this.since(stage, this.lastMs);
  }

  /** Ends a stage that began at a given monotonic time. */
  since(stage: Stage, startedAtMs: number): void {
    const nowMs = this.clock.monotonicMs();
    this.durationsMs.set(stage, nowMs - startedAtMs);
    this.metrics.stage(stage, nowMs - startedAtMs);
    this.trace?.stage(stage, startedAtMs, nowMs);
    this.lastMs = nowMs;
  }

  /** The stages so far, ms, as a `Server-Timing` header begins (W3C); the total is to follow. */
  serverTiming(): string {
    let text = '';
    for (const [stage, durationMs] of this.durationsMs) {
      text += `${stage};dur=${durationMs.toFixed(2)}, `;
    }
    return text;
  }

  timings(startedAtMs: number): DecisionReply['timings'] {
    return {
      total_ms: rounded(this.clock.monotonicMs() - startedAtMs),
      state_ms: rounded(this.durationsMs.get('state') ?? 0),
      model_ms: rounded(this.durationsMs.get('model') ?? 0),
      rules_ms: rounded(this.durationsMs.get('rules') ?? 0),
    };
  }
}

function rounded(ms: number): number {
  return Math.round(ms * MICROSECONDS_PER_MS) / MICROSECONDS_PER_MS;
}
