import {
  freshBreaker,
  observeRule,
  type BreakerPlan,
  type BreakerState,
} from '#experimentation/rollout/rule-breaker.js';
import { AtIntervals } from '#platform/at-intervals.js';
import type { RuleDeclineReader } from '#store/postgres/rule-declines.js';
import type { Clock } from '#telemetry/clock.js';
import type { Log } from '#telemetry/logger.js';
import type { RolloutMetrics } from '#telemetry/rollout-metrics.js';
import type { TrafficService } from '../control/traffic.service.js';

const INTERVAL_MS = 2_000;
/** Decisions are in the log by then; younger ones are counted at the next look. */
const SETTLED_MS = 1_500;
const TOLLGATE = 'tollgate';

export interface RuleBreakersOptions {
  readonly declines: RuleDeclineReader;
  readonly traffic: TrafficService;
  readonly plan: BreakerPlan;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RolloutMetrics;
}

/**
 * A circuit breaker for each rule: one that declines too large a share of the traffic goes to
 * shadow on every node, until a person restores it.
 */
export class RuleBreakers {
  private readonly states = new Map<string, BreakerState>();
  /** Of a rule that declined nothing: what a rule's own state begins with. */
  private harmless = freshBreaker;
  private lookedToMs: number;
  private readonly looks = new AtIntervals(INTERVAL_MS, () => this.look());

  constructor(private readonly options: RuleBreakersOptions) {
    this.lookedToMs = options.clock.wallMs();
  }

  async close(): Promise<void> {
    await this.looks.close();
  }

  private async look(): Promise<void> {
    const { clock, declines, log } = this.options;
    const toMs = clock.wallMs() - SETTLED_MS;
    if (toMs <= this.lookedToMs) return;
    try {
      const { decisions, byRule } = await declines.between(this.lookedToMs, toMs);
      this.lookedToMs = toMs;
      const { plan } = this.options;
      const nothing = { nowMs: toMs, decisions, declines: 0 };
      for (const ruleId of new Set([...this.states.keys(), ...byRule.keys()])) {
        await this.observe(ruleId, { ...nothing, declines: byRule.get(ruleId) ?? 0 });
      }
      this.harmless = observeRule(this.harmless, nothing, plan).state;
    } catch (error) {
      log.warn('The circuit breakers of rules could not look; trying again', { error });
    }
  }

  private async observe(
    ruleId: string,
    observation: Parameters<typeof observeRule>[1],
  ): Promise<void> {
    const { log, metrics, plan, traffic } = this.options;
    const before = this.states.get(ruleId) ?? this.harmless;
    const { state, action, sentence } = observeRule(before, observation, plan);
    if (action === 'to_shadow') {
      await traffic.demote(ruleId, sentence, TOLLGATE);
      metrics.rulesTripped.inc();
      log.error('A rule was put into shadow by its circuit breaker', {
        name: ruleId,
        detail: sentence,
      });
      // Restored by a person, it is watched anew.
      this.states.delete(ruleId);
      return;
    }
    this.states.set(ruleId, state);
  }
}
