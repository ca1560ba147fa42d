import type { SignalRecord, SignalSchema } from '#contracts/signals.js';
import type { Predicate } from '#expression/compile.js';
import { createBuilders } from '#expression/closures.js';
import type { ListCatalogue } from '#expression/lists.js';
import { FALSE, TRUE, UNKNOWN, type Truth } from '#expression/truth.js';

import { planScan, type IntervalAtom, type ScanRule, type TextCodes } from './scan-plan.js';

/** Called for a rule that is not false. */
export type ScanVisitor = (index: number, truth: Truth) => void;

/** The code of a text that no rule names. */
const OTHER_TEXT = -1;

/** Closures that many rules share, each asked at most once for a record. */
class SharedConditions {
  private readonly truths: Uint8Array;
  /** The scan in which the truth was found. */
  private readonly askedIn: Float64Array;
  private scan = 0;

  constructor(private readonly evaluators: readonly ((record: SignalRecord) => Truth)[]) {
    this.truths = new Uint8Array(evaluators.length);
    this.askedIn = new Float64Array(evaluators.length);
  }

  forget(): void {
    this.scan += 1;
  }

  ask(index: number, record: SignalRecord): Truth {
    if (this.askedIn[index] === this.scan) return this.truths[index] as Truth;
    const truth = this.evaluators[index]!(record);
    this.truths[index] = truth;
    this.askedIn[index] = this.scan;
    return truth;
  }
}

/**
 * All rules of a set, ready to be scanned. Comparisons of a signal with a literal are intervals in
 * flat arrays; the first of each rule, its guard, stands in arrays of its own, so that most rules
 * cost two comparisons and no call. Texts become small numbers once a record, so that equality with
 * a text is an interval too. What is left are closures, shared between rules.
 *
 * The outcome is that of the conditions' own closures: in Kleene logic the order of the parts of a
 * conjunction does not matter.
 */
export class RuleScan {
  private readonly guardSlots: Int32Array;
  private readonly guardLows: Float64Array;
  private readonly guardHighs: Float64Array;
  /** Where a rule's further intervals begin; those of the next rule follow. */
  private readonly starts: Int32Array;
  private readonly slots: Int32Array;
  private readonly lows: Float64Array;
  private readonly highs: Float64Array;
  private readonly residuals: readonly (readonly number[])[];
  private readonly shared: SharedConditions;
  private readonly codes: readonly TextCodes[];
  private readonly values: Float64Array;
  /** The rule being evaluated, so that whoever catches an error knows which one threw. */
  current = 0;

  constructor(
    predicates: readonly Predicate[],
    environment: { readonly schema: SignalSchema; readonly lists?: ListCatalogue },
  ) {
    const { schema, lists } = environment;
    const plan = planScan(
      predicates.map((predicate) => predicate.node),
      schema.size,
    );
    const builders = createBuilders(schema, lists);
    this.shared = new SharedConditions(plan.residuals.map((node) => builders.truth(node)));
    this.codes = plan.codes;
    // One value more, always 0: the guard of rules without intervals, which lets everything pass.
    this.values = new Float64Array(plan.valueCount + 1);
    const open: IntervalAtom = { slot: plan.valueCount, low: 0, high: 0 };
    this.residuals = plan.rules.map((rule) => rule.residuals);
    const guards = plan.rules.map((rule) => rule.intervals[0] ?? open);
    this.guardSlots = Int32Array.from(guards, (guard) => guard.slot);
    this.guardLows = Float64Array.from(guards, (guard) => guard.low);
    this.guardHighs = Float64Array.from(guards, (guard) => guard.high);
    const further = plan.rules.flatMap((rule) => rule.intervals.slice(1));
    this.slots = Int32Array.from(further, (atom) => atom.slot);
    this.lows = Float64Array.from(further, (atom) => atom.low);
    this.highs = Float64Array.from(further, (atom) => atom.high);
    this.starts = startsOf(plan.rules);
  }

  get size(): number {
    return this.guardSlots.length;
  }

  /** Visits, in order from `start`, every rule that is true or unknown. */
  run(record: SignalRecord, start: number, visit: ScanVisitor): void {
    const { guardSlots, guardLows, guardHighs } = this;
    this.current = start;
    const values = this.readValues(record);
    this.shared.forget();
    for (let index = start; index < guardSlots.length; index += 1) {
      const value = values[guardSlots[index]!]!;
      if (value < guardLows[index]! || value > guardHighs[index]!) continue;
      this.current = index;
      const truth = this.evaluate(index, record, values);
      if (truth !== FALSE) visit(index, truth);
    }
  }

  /** A rule whose guard is not false: unknown for NaN, else true. */
  private evaluate(index: number, record: SignalRecord, values: Float64Array): Truth {
    const { slots, lows, highs, starts } = this;
    const guarded = values[this.guardSlots[index]!]!;
    let truth: Truth = guarded === guarded ? TRUE : UNKNOWN;
    for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
      const value = values[slots[at]!]!;
      if (value < lows[at]! || value > highs[at]!) return FALSE;
      if (value !== value) truth = UNKNOWN;
    }
    const residuals = this.residuals[index]!;
    if (residuals.length === 0) return truth;
    for (const residual of residuals) {
      const part = this.shared.ask(residual, record);
      if (part === FALSE) return FALSE;
      if (part === UNKNOWN) truth = UNKNOWN;
    }
    return truth;
  }

  /** The signals' numbers, and behind them the codes of the texts that rules name. */
  private readValues(record: SignalRecord): Float64Array {
    const { values, codes } = this;
    values.set(record.numbers);
    for (const { textSlot, slot, texts } of codes) {
      const text = record.strings[textSlot]!;
      values[slot] = text === null ? Number.NaN : (texts.get(text) ?? OTHER_TEXT);
    }
    return values;
  }
}

function startsOf(rules: readonly ScanRule[]): Int32Array {
  const starts = new Int32Array(rules.length + 1);
  rules.forEach((rule, index) => {
    starts[index + 1] = starts[index]! + Math.max(0, rule.intervals.length - 1);
  });
  return starts;
}
