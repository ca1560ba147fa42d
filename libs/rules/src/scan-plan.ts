import { printExpression } from '#expression/print.js';
import type {
  CompareNode,
  CompareOperator,
  LiteralNode,
  SignalNode,
  TypedNode,
} from '#expression/typed-node.js';

/**
 * A condition on one numeric value: true inside [low, high], both ends included, false outside,
 * unknown for NaN.
 */
export interface IntervalAtom {
  /** A slot of the scan's values: a signal's own, or one made for the codes of a text signal. */
  readonly slot: number;
  readonly low: number;
  readonly high: number;
}

/** The texts that rules compare one text signal with; a text's code is its place in the list. */
export interface TextCodes {
  /** The signal's slot in `strings`. */
  readonly textSlot: number;
  /** Where its code stands among the scan's values. */
  readonly slot: number;
  readonly texts: ReadonlyMap<string, number>;
}

/** One rule as a conjunction: cheap parts first, the rest by number. */
export interface ScanRule {
  readonly intervals: readonly IntervalAtom[];
  /** Indexes into `ScanPlan.residuals`. */
  readonly residuals: readonly number[];
}

export interface ScanPlan {
  readonly rules: readonly ScanRule[];
  readonly codes: readonly TextCodes[];
  /** Conditions that are no intervals, each once however many rules share it. */
  readonly residuals: readonly TypedNode[];
  /** How many values the scan needs: the signals' and the codes'. */
  readonly valueCount: number;
}

interface PlanState {
  readonly signalCount: number;
  readonly codes: Map<number, TextCodes & { readonly texts: Map<string, number> }>;
  readonly residuals: Map<string, { readonly index: number; readonly node: TypedNode }>;
}

/**
 * Splits conditions into parts that flat arrays can hold and parts that need a closure. `a && b` is
 * false as soon as one part is, whatever else is unknown, so the parts may be asked in any order.
 *
 * @param signalCount The size of the signal schema.
 */
export function planScan(conditions: readonly TypedNode[], signalCount: number): ScanPlan {
  const state: PlanState = { signalCount, codes: new Map(), residuals: new Map() };
  const rules = conditions.map((condition) => planRule(condition, state));
  return {
    rules: rules.map((rule) => ({ ...rule, intervals: bySelectivity(rule.intervals, state) })),
    codes: [...state.codes.values()],
    residuals: [...state.residuals.values()].map(({ node }) => node),
    valueCount: signalCount + state.codes.size,
  };
}

function planRule(condition: TypedNode, state: PlanState): ScanRule {
  const intervals: IntervalAtom[] = [];
  const residuals: number[] = [];
  for (const part of condition.kind === 'and' ? condition.operands : [condition]) {
    const atom = intervalOf(part, state);
    if (atom !== null) intervals.push(atom);
    else residuals.push(residualIndex(part, state));
  }
  return { intervals, residuals };
}

/** Equal parts print alike, so one evaluation serves every rule that has the part. */
function residualIndex(node: TypedNode, state: PlanState): number {
  const text = printExpression(node);
  let known = state.residuals.get(text);
  if (known === undefined) {
    known = { index: state.residuals.size, node };
    state.residuals.set(text, known);
  }
  return known.index;
}

/**
 * The part most likely to be false first: equality with one of many texts, then other equalities,
 * then closed ranges; between equals the author's order holds.
 */
function bySelectivity(atoms: readonly IntervalAtom[], state: PlanState): readonly IntervalAtom[] {
  const rank = ({ slot, low, high }: IntervalAtom): number => {
    if (slot >= state.signalCount) return 0;
    if (low === high) return 1;
    return Number.isFinite(low) && Number.isFinite(high) ? 2 : 3;
  };
  return atoms.toSorted((a, b) => rank(a) - rank(b));
}

function intervalOf(node: TypedNode, state: PlanState): IntervalAtom | null {
  switch (node.kind) {
    case 'signal':
      return { slot: node.slot, low: 1, high: 1 };
    case 'not':
      return node.operand.kind === 'signal' ? { slot: node.operand.slot, low: 0, high: 0 } : null;
    case 'compare': {
      const sides = signalAndLiteral(node);
      return sides === null ? null : comparison(sides, state);
    }
    case 'literal':
    case 'and':
    case 'or':
    case 'ternary':
    case 'arithmetic':
    case 'member':
    case 'list':
    case 'has':
    case 'coalesce':
    case 'call':
      return null;
  }
}

interface Sides {
  readonly signal: SignalNode;
  readonly operator: CompareOperator;
  readonly literal: LiteralNode;
}

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' } as const;

function signalAndLiteral({ left, operator, right }: CompareNode): Sides | null {
  if (left.kind === 'signal' && right.kind === 'literal') {
    return { signal: left, operator, literal: right };
  }
  if (right.kind === 'signal' && left.kind === 'literal') {
    return { signal: right, operator: MIRRORED[operator], literal: left };
  }
  return null;
}

function comparison({ signal, operator, literal }: Sides, state: PlanState): IntervalAtom | null {
  switch (signal.type) {
    case 'number':
    case 'timestamp':
      return numberInterval(signal.slot, operator, Number(literal.value));
    case 'boolean': {
      const wanted = Number(literal.value === (operator === '=='));
      return { slot: signal.slot, low: wanted, high: wanted };
    }
    case 'string':
      return operator === '==' ? textEquality(signal.slot, String(literal.value), state) : null;
    case 'token':
      return null;
  }
}

function textEquality(textSlot: number, text: string, state: PlanState): IntervalAtom {
  let codes = state.codes.get(textSlot);
  if (codes === undefined) {
    codes = { textSlot, slot: state.signalCount + state.codes.size, texts: new Map() };
    state.codes.set(textSlot, codes);
  }
  const code = codes.texts.get(text) ?? codes.texts.size;
  codes.texts.set(text, code);
  return { slot: codes.slot, low: code, high: code };
}

/** `x > 5` is `x >= ` the next double after 5: the same set of values with the ends included. */
function numberInterval(
  slot: number,
  operator: CompareOperator,
  literal: number,
): IntervalAtom | null {
  const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
  switch (operator) {
    case '==':
      return { slot, low: literal, high: literal };
    case '<':
      return { slot, low: NEGATIVE_INFINITY, high: -nextUp(-literal) };
    case '<=':
      return { slot, low: NEGATIVE_INFINITY, high: literal };
    case '>':
      return { slot, low: nextUp(literal), high: POSITIVE_INFINITY };
    case '>=':
      return { slot, low: literal, high: POSITIVE_INFINITY };
    case '!=':
      return null;
  }
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** The least double above a finite one. Doubles of one sign ascend as their bits do (IEEE 754). */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  bits[0] = bits[0]! + (value > 0 ? 1n : -1n);
  return double[0];
}
