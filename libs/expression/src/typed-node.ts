import type { SignalType } from '#contracts/signals.js';

/** The type of a sub-expression; timestamps are epoch ms at run time. */
export type ValueType = SignalType;

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

interface Typed<Kind extends string, Type extends ValueType = ValueType> {
  readonly kind: Kind;
  readonly type: Type;
  /** 0-based offset in the source, for problems. */
  readonly position: number;
}

export interface LiteralNode extends Typed<'literal'> {
  /** A number (also a timestamp in epoch ms), a string, or a boolean. */
  readonly value: number | string | boolean;
}

export interface SignalNode extends Typed<'signal'> {
  readonly name: string;
  readonly slot: number;
}

export interface NotNode extends Typed<'not', 'boolean'> {
  readonly operand: TypedNode;
}

/** A chain of `&&` or `||`, flattened; at least two operands. */
export interface LogicNode extends Typed<'and' | 'or', 'boolean'> {
  readonly operands: readonly TypedNode[];
}

export interface TernaryNode extends Typed<'ternary'> {
  readonly condition: TypedNode;
  readonly whenTrue: TypedNode;
  readonly whenFalse: TypedNode;
}

/** Both sides have the same type. */
export interface CompareNode extends Typed<'compare', 'boolean'> {
  readonly operator: CompareOperator;
  readonly left: TypedNode;
  readonly right: TypedNode;
}

export interface ArithmeticNode extends Typed<'arithmetic', 'number'> {
  readonly operator: ArithmeticOperator;
  readonly left: TypedNode;
  readonly right: TypedNode;
}

/** `x in [a, b]`: at least one item, all of the value's type. */
export interface MemberNode extends Typed<'member', 'boolean'> {
  readonly value: TypedNode;
  readonly items: readonly TypedNode[];
}

export interface ListNode extends Typed<'list', 'boolean'> {
  readonly list: string;
  readonly value: TypedNode;
}

/** `has(x)`: whether the operand is known; always definite. `is_missing(x)` is its negation. */
export interface HasNode extends Typed<'has', 'boolean'> {
  readonly operand: TypedNode;
}

/** The first operand that is known. */
export interface CoalesceNode extends Typed<'coalesce'> {
  readonly operands: readonly TypedNode[];
}

export interface CallNode extends Typed<'call'> {
  readonly name: string;
  readonly operands: readonly TypedNode[];
  /** The IANA zone of a calendar function. */
  readonly zone: string | null;
}

/**
 * The checked expression: every name resolved to a slot, every type known. Only this is ever
 * compiled.
 */
export type TypedNode =
  | LiteralNode
  | SignalNode
  | NotNode
  | LogicNode
  | TernaryNode
  | CompareNode
  | ArithmeticNode
  | MemberNode
  | ListNode
  | HasNode
  | CoalesceNode
  | CallNode;

/** The direct sub-expressions, in source order. */
export function childrenOf(node: TypedNode): readonly TypedNode[] {
  switch (node.kind) {
    case 'literal':
    case 'signal':
      return [];
    case 'not':
    case 'has':
      return [node.operand];
    case 'and':
    case 'or':
    case 'coalesce':
    case 'call':
      return node.operands;
    case 'ternary':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'compare':
    case 'arithmetic':
      return [node.left, node.right];
    case 'member':
      return [node.value, ...node.items];
    case 'list':
      return [node.value];
  }
}

/** Every signal the expression reads, once each, ascending by slot. */
export function signalsOf(node: TypedNode): readonly SignalNode[] {
  const found = new Map<number, SignalNode>();
  const visit = (current: TypedNode): void => {
    if (current.kind === 'signal') found.set(current.slot, current);
    childrenOf(current).forEach(visit);
  };
  visit(node);
  return [...found.values()].sort((a, b) => a.slot - b.slot);
}
