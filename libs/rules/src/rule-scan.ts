import type { SignalRecord } from '#contracts/signals.js';
import type { Predicate } from '#expression/compile.js';
import { FALSE, type Truth } from '#expression/truth.js';
import type { CompareNode, TypedNode } from '#expression/typed-node.js';

/** Called for a rule that is not false. */
export type ScanVisitor = (index: number, truth: Truth) => void;

/** The values of one numeric slot for which a rule may be other than false. */
interface Guard {
  readonly slot: number;
  readonly low: number;
  readonly high: number;
}

/**
 * All rules of a set, ready to be scanned. Where a rule is `a && b && …` and one part compares a
 * number signal with a literal, that part is also kept as an interval in flat arrays: a value
 * outside it makes the part false and with it, in Kleene logic, the whole rule, whatever else is
 * unknown. So most rules cost two comparisons and no call; NaN (missing) is outside no interval and
 * goes to the full condition.
 */
export class RuleScan {
  private readonly slots: Int32Array;
  private readonly lows: Float64Array;
  private readonly highs: Float64Array;
  private readonly evaluators: readonly ((record: SignalRecord) => Truth)[];
  /** The rule being evaluated, so that whoever catches an error knows which one threw. */
  current = 0;

  constructor(predicates: readonly Predicate[]) {
    this.slots = new Int32Array(predicates.length);
    this.lows = new Float64Array(predicates.length).fill(Number.NEGATIVE_INFINITY);
    this.highs = new Float64Array(predicates.length).fill(Number.POSITIVE_INFINITY);
    this.evaluators = predicates.map((predicate) => predicate.evaluate);
    predicates.forEach((predicate, index) => {
      const guard = guardOf(predicate.node);
      if (guard === null) return;
      this.slots[index] = guard.slot;
      this.lows[index] = guard.low;
      this.highs[index] = guard.high;
    });
  }

  get size(): number {
    return this.evaluators.length;
  }

  /** Visits, in order from `start`, every rule that is true or unknown. */
  run(record: SignalRecord, start: number, visit: ScanVisitor): void {
    const { slots, lows, highs, evaluators } = this;
    const { numbers } = record;
    for (let index = start; index < evaluators.length; index += 1) {
      const value = numbers[slots[index]!]!;
      if (value < lows[index]! || value > highs[index]!) continue;
      this.current = index;
      const truth = evaluators[index]!(record);
      if (truth !== FALSE) visit(index, truth);
    }
  }
}

/** The most telling guard of a condition: an equality, else the first comparison. */
export function guardOf(node: TypedNode): Guard | null {
  const parts = node.kind === 'and' ? node.operands : [node];
  const guards = parts.flatMap((part) => (part.kind === 'compare' ? (intervalOf(part) ?? []) : []));
  return guards.find((guard) => guard.low === guard.high) ?? guards[0] ?? null;
}

function intervalOf(node: CompareNode): Guard | null {
  if (node.left.type !== 'number' && node.left.type !== 'timestamp') return null;
  if (node.left.kind === 'signal' && node.right.kind === 'literal') {
    return interval(node.left.slot, node.operator, Number(node.right.value));
  }
  if (node.right.kind === 'signal' && node.left.kind === 'literal') {
    const mirrored = {
      '<': '>',
      '<=': '>=',
      '>': '<',
      '>=': '<=',
      '==': '==',
      '!=': '!=',
    } as const;
    return interval(node.right.slot, mirrored[node.operator], Number(node.left.value));
  }
  return null;
}

/**
 * Both ends included, so `<` and `>` are widened by their literal: at the literal itself the guard
 * lets the rule through and the full condition decides.
 */
function interval(slot: number, operator: CompareNode['operator'], literal: number): Guard | null {
  const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
  switch (operator) {
    case '==':
      return { slot, low: literal, high: literal };
    case '<':
    case '<=':
      return { slot, low: NEGATIVE_INFINITY, high: literal };
    case '>':
    case '>=':
      return { slot, low: literal, high: POSITIVE_INFINITY };
    case '!=':
      return null;
  }
}
