import type { SignalRecord } from '#contracts/signals.js';
import type { ExpressionEnvironment, Predicate } from '#expression/compile.js';
import { traceCondition } from '#expression/trace.js';
import { FALSE, UNKNOWN, type Truth } from '#expression/truth.js';

import type { CompiledPolicy } from './policy.js';
import { isInRollout } from './rollout.js';
import type {
  RuleEvaluation,
  RuleFailure,
  RuleHit,
  RuleInfo,
  RuleTrace,
} from './rule-evaluation.js';
import { RuleScan } from './rule-scan.js';
import type { Ruleset } from './ruleset.js';

export interface CompiledRule {
  readonly info: RuleInfo;
  readonly predicate: Predicate;
  /** The slots that may hold the rollout's unit, the first known one counts. */
  readonly unitSlots: readonly number[];
}

export interface CompiledParts {
  readonly policy: CompiledPolicy;
  readonly environment: ExpressionEnvironment;
}

interface Gathered {
  readonly hits: RuleHit[];
  readonly failures: RuleFailure[];
  scoreDelta: number;
  tags: string[];
  unknownCount: number;
}

/** A ruleset ready to be evaluated. Immutable; a reload makes a new one. */
export class CompiledRuleset {
  readonly policy: CompiledPolicy;
  private readonly scan: RuleScan;
  private readonly firstTables: ReadonlySet<string>;

  constructor(
    readonly ruleset: Ruleset,
    private readonly rules: readonly CompiledRule[],
    private readonly parts: CompiledParts,
  ) {
    this.policy = parts.policy;
    this.scan = new RuleScan(
      rules.map((rule) => rule.predicate),
      parts.environment,
    );
    const first = ruleset.tables.filter((table) => table.hitPolicy === 'first');
    this.firstTables = new Set(first.map((table) => table.id));
  }

  get id(): string {
    return this.ruleset.id;
  }

  /** The rules that are evaluated: all but drafts and paused ones. */
  get ruleInfos(): readonly RuleInfo[] {
    return this.rules.map((rule) => rule.info);
  }

  /** The same ruleset with these rules in shadow: recorded when they hit, without effect. */
  withDemoted(ruleIds: ReadonlySet<string>): CompiledRuleset {
    const rules = this.rules.map((rule) =>
      ruleIds.has(rule.info.id)
        ? { ...rule, info: { ...rule.info, mode: 'shadow' as const } }
        : rule,
    );
    return new CompiledRuleset(this.ruleset, rules, this.parts);
  }

  /**
   * Asks every rule about one transaction. A rule that throws is reported in `failures` and has no
   * effect; the others are asked all the same.
   *
   * @param transactionUnit What rollouts are sticky by when the transaction names neither the
   *   rule's unit nor, by default, a customer or a card: its id.
   */
  evaluate(record: SignalRecord, transactionUnit: string): RuleEvaluation {
    const found: Gathered = { hits: [], failures: [], scoreDelta: 0, tags: [], unknownCount: 0 };
    let closedTable: string | null = null;
    const visit = (index: number, truth: Truth): void => {
      const rule = this.rules[index]!;
      const { table } = rule.info;
      if (table !== null && table === closedTable) return;
      const hit = this.hitOf(rule, truth, { record, transactionUnit });
      if (truth === UNKNOWN) found.unknownCount += 1;
      if (hit === null) return;
      // The rows of a table stand together, so remembering the last one that hit is enough.
      if (table !== null && this.firstTables.has(table)) closedTable = table;
      found.hits.push(hit);
      if (hit.applied) apply(hit.rule, found);
    };
    for (let start = 0; start < this.scan.size;) {
      try {
        this.scan.run(record, start, visit);
        break;
      } catch (error) {
        const { current } = this.scan;
        const message = error instanceof Error ? error.message : String(error);
        found.failures.push({ ruleId: this.rules[current]!.info.id, message });
        start = current + 1;
      }
    }
    return found;
  }

  /**
   * Says for every rule how it came out and why. For people: hundreds of times slower than
   * `evaluate`.
   */
  trace(record: SignalRecord, transactionUnit: string): readonly RuleTrace[] {
    let closedTable: string | null = null;
    return this.rules.map((rule) => {
      const { info, predicate } = rule;
      const trace = traceCondition(predicate.node, record, this.parts.environment);
      const shadowedByTable = info.table !== null && info.table === closedTable;
      const truth = predicate.evaluate(record);
      const hit = this.hitOf(rule, truth, { record, transactionUnit });
      if (shadowedByTable || hit === null) {
        const outcome = !shadowedByTable && truth === UNKNOWN ? 'unknown' : 'no_hit';
        return { rule: info, outcome, applied: false, shadowedByTable, trace };
      }
      if (info.table !== null && this.firstTables.has(info.table)) closedTable = info.table;
      const { outcome, applied } = hit;
      return { rule: info, outcome, applied, shadowedByTable, trace };
    });
  }

  private hitOf(
    rule: CompiledRule,
    truth: Truth,
    subject: { readonly record: SignalRecord; readonly transactionUnit: string },
  ): RuleHit | null {
    const { info } = rule;
    if (truth === FALSE) return null;
    if (truth === UNKNOWN && info.onUnknown === 'skip') return null;
    const outcome = truth === UNKNOWN ? 'unknown' : 'hit';
    const action = truth === UNKNOWN && info.onUnknown === 'review' ? 'review' : info.action;
    return { rule: info, outcome, action, applied: this.isApplied(rule, subject) };
  }

  private isApplied(
    { info, unitSlots }: CompiledRule,
    subject: { readonly record: SignalRecord; readonly transactionUnit: string },
  ): boolean {
    if (info.mode === 'active') return true;
    if (info.mode === 'shadow') return false;
    const { strings } = subject.record;
    const slot = unitSlots.find((each) => strings[each] !== null);
    const unit = slot === undefined ? subject.transactionUnit : strings[slot]!;
    return isInRollout(info.id, unit, info.rolloutPercent);
  }
}

function apply(rule: RuleInfo, found: Gathered): void {
  found.scoreDelta += rule.scoreDelta;
  for (const tag of rule.tags) {
    if (!found.tags.includes(tag)) found.tags.push(tag);
  }
}
