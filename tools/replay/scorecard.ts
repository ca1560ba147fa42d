import { decisions, type Decision } from '#contracts/decision-reply.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import type { ScorecardCounts } from './scorecard-counts.js';
import { averagePrecision, recallAtFalsePositiveRate } from './ranking.js';

const FALSE_POSITIVE_RATE = 0.001;

interface Counts {
  fraud: number;
  honest: number;
}

/** How good the decisions were, counted as they come. */
export class Scorecard {
  payments: number;
  unlabelled: number;
  degraded: number;
  readonly byDecision: Record<Decision, Counts>;
  readonly byRule: Map<string, Counts>;
  /** Fraud by currency, in minor units: all of it, and what was not approved. */
  readonly value: Map<string, { total: number; caught: number }>;
  private readonly ranks: number[] = [];
  private readonly truths: boolean[] = [];
  /** Ranks are not kept in checkpoints: part of them would give a wrong figure. */
  private readonly hasAllRanks: boolean;

  /** @param before  What an interrupted replay had counted. */
  constructor(before: ScorecardCounts | null = null) {
    this.payments = before?.payments ?? 0;
    this.unlabelled = before?.unlabelled ?? 0;
    this.degraded = before?.degraded ?? 0;
    this.byDecision = before?.byDecision ?? noDecisions();
    this.byRule = new Map(Object.entries(before?.byRule ?? {}));
    this.value = new Map(Object.entries(before?.value ?? {}));
    this.hasAllRanks = before === null;
  }

  counts(): ScorecardCounts {
    const { payments, unlabelled, degraded, byDecision } = this;
    const byRule = Object.fromEntries(this.byRule);
    return {
      payments,
      unlabelled,
      degraded,
      byDecision,
      byRule,
      value: Object.fromEntries(this.value),
    };
  }

  count(item: HistoryItem, decided: Decided, isFraud: boolean | null): void {
    this.payments += 1;
    if (decided.degraded !== 'none') this.degraded += 1;
    if (decided.decision === null) return;
    if (isFraud === null) {
      this.unlabelled += 1;
      return;
    }
    const kind = isFraud ? 'fraud' : 'honest';
    this.byDecision[decided.decision][kind] += 1;
    for (const rule of decided.rules) {
      const counts = this.byRule.get(rule) ?? { fraud: 0, honest: 0 };
      counts[kind] += 1;
      this.byRule.set(rule, counts);
    }
    if (isFraud) this.countValue(item, decided.decision);
    this.ranks.push(decided.probability ?? decided.rulePoints);
    this.truths.push(isFraud);
  }

  /**
   * Of what was stopped (not approved), the share that was fraud; of fraud, the share that was
   * stopped.
   */
  stopped(which: readonly Decision[]): {
    precision: number;
    recall: number;
    falsePositiveRate: number;
  } {
    const sum = (kind: keyof Counts, of: readonly Decision[]): number =>
      of.reduce((total, decision) => total + this.byDecision[decision][kind], 0);
    const caught = sum('fraud', which);
    const wrong = sum('honest', which);
    return {
      precision: caught / (caught + wrong),
      recall: caught / sum('fraud', decisions),
      falsePositiveRate: wrong / sum('honest', decisions),
    };
  }

  /** How well probabilities, or else rule points, rank fraud first; null when there are none. */
  ranking(): { averagePrecision: number; recallAtLowFpr: number } | null {
    if (!this.hasAllRanks || this.ranks.length === 0 || this.ranks.some(Number.isNaN)) return null;
    if (!this.truths.includes(true) || !this.truths.includes(false)) return null;
    if (this.ranks.every((rank) => rank === this.ranks[0])) return null;
    return {
      averagePrecision: averagePrecision(this.ranks, this.truths),
      recallAtLowFpr: recallAtFalsePositiveRate(this.ranks, this.truths, FALSE_POSITIVE_RATE),
    };
  }

  private countValue({ request }: HistoryItem, decision: Decision): void {
    const { value, currency } = request.amount;
    const sums = this.value.get(currency) ?? { total: 0, caught: 0 };
    sums.total += value;
    if (decision !== 'approve') sums.caught += value;
    this.value.set(currency, sums);
  }
}

function noDecisions(): Record<Decision, Counts> {
  const none = (): Counts => ({ fraud: 0, honest: 0 });
  return { approve: none(), challenge: none(), review: none(), decline: none() };
}
