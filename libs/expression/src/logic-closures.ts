import type { ClosureBuilders, TruthClosure } from './closure-builders.js';
import { FALSE, TRUE, UNKNOWN, type Truth } from './truth.js';
import type { LogicNode, MemberNode, TypedNode } from './typed-node.js';

/**
 * `&&` and `||` over two or more operands. One decisive operand (false for `&&`, true for `||`)
 * decides, whatever is unknown; evaluation goes left to right and stops there.
 */
export function logicClosure(node: LogicNode, builders: ClosureBuilders): TruthClosure {
  const operands = node.operands.map(builders.truth);
  const decisive = node.kind === 'and' ? FALSE : TRUE;
  const neutral = node.kind === 'and' ? TRUE : FALSE;
  const [first, second, third] = operands;
  if (operands.length === 2) return twoOperands(first!, second!, decisive);
  if (operands.length === 3)
    return twoOperands(first!, twoOperands(second!, third!, decisive), decisive);
  return (record) => {
    let result: Truth = neutral;
    for (const operand of operands) {
      const truth = operand(record);
      if (truth === decisive) return decisive;
      if (truth === UNKNOWN) result = UNKNOWN;
    }
    return result;
  };
}

function twoOperands(first: TruthClosure, second: TruthClosure, decisive: Truth): TruthClosure {
  return (record) => {
    const a = first(record);
    if (a === decisive) return decisive;
    const b = second(record);
    if (b === decisive) return decisive;
    return a === UNKNOWN ? UNKNOWN : b;
  };
}

/** `x in [..]`: a set where every item is a literal, else Kleene's `or` over the equalities. */
export function memberClosure(node: MemberNode, builders: ClosureBuilders): TruthClosure {
  const literal = node.items.every((item) => item.kind === 'literal');
  switch (node.value.type) {
    case 'number':
    case 'timestamp': {
      const value = builders.number(node.value);
      return literal
        ? numberInSet(value, new Set(literalsOf(node.items, Number)))
        : someEqual(value, node.items.map(builders.number), (v) => v !== v);
    }
    case 'string':
    case 'token': {
      const value = builders.text(node.value);
      return literal
        ? textInSet(value, new Set(literalsOf(node.items, String)))
        : someEqual(value, node.items.map(builders.text), (v) => v === null);
    }
    case 'boolean': {
      const value = builders.truth(node.value);
      return someEqual(value, node.items.map(builders.truth), (v) => v === UNKNOWN);
    }
  }
}

function literalsOf<T>(items: readonly TypedNode[], convert: (value: unknown) => T): T[] {
  return items.map((item) => convert(item.kind === 'literal' ? item.value : undefined));
}

function numberInSet(
  value: (record: Parameters<TruthClosure>[0]) => number,
  set: ReadonlySet<number>,
): TruthClosure {
  return (record) => {
    const v = value(record);
    return v === v ? (set.has(v) ? TRUE : FALSE) : UNKNOWN;
  };
}

function textInSet(
  value: (record: Parameters<TruthClosure>[0]) => string | null,
  set: ReadonlySet<string>,
): TruthClosure {
  return (record) => {
    const v = value(record);
    return v === null ? UNKNOWN : set.has(v) ? TRUE : FALSE;
  };
}

function someEqual<T>(
  value: (record: Parameters<TruthClosure>[0]) => T,
  items: readonly ((record: Parameters<TruthClosure>[0]) => T)[],
  isUnknown: (value: T) => boolean,
): TruthClosure {
  return (record) => {
    const wanted = value(record);
    if (isUnknown(wanted)) return UNKNOWN;
    let result: Truth = FALSE;
    for (const item of items) {
      const candidate = item(record);
      if (candidate === wanted) return TRUE;
      if (isUnknown(candidate)) result = UNKNOWN;
    }
    return result;
  };
}
