import { Counter, type Registry } from 'prom-client';

/** What the control plane did by itself. Described in docs/reference/metrics.md. */
export class RolloutMetrics {
  readonly promoted: Counter;
  readonly rolledBack: Counter;
  readonly rulesTripped: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.promoted = new Counter({
      name: 'tollgate_rollout_promotions_total',
      help: 'Stages that rollouts entered, and completions, by themselves',
      registers,
    });
    this.rolledBack = new Counter({
      name: 'tollgate_rollout_rollbacks_total',
      help: 'Rollouts that guardrails took back',
      registers,
    });
    this.rulesTripped = new Counter({
      name: 'tollgate_rule_breaker_trips_total',
      help: 'Rules put into shadow because they declined too large a share of payments',
      registers,
    });
  }
}
