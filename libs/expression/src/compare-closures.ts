import type { ClosureBuilders, NumberClosure, TruthClosure } from './closure-builders.js';
import { FALSE, TRUE, UNKNOWN } from './truth.js';
import type { CompareNode, CompareOperator, TypedNode } from './typed-node.js';

/**
 * A comparison. `v === v` is the test for NaN, which is how a missing number looks; it stands on
 * the branch that was not taken, so that a hit costs one comparison.
 */
export function compareClosure(node: CompareNode, builders: ClosureBuilders): TruthClosure {
  const { left, right } = node;
  switch (left.type) {
    case 'number':
    case 'timestamp':
      return numberComparison(node, builders);
    case 'boolean':
      return truthComparison(node, builders);
    case 'string':
    case 'token':
      return right.kind === 'literal'
        ? textAgainstLiteral(left, String(right.value), node.operator, builders)
        : textComparison(node, builders);
  }
}

const MIRRORED: Readonly<Record<CompareOperator, CompareOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function numberComparison(node: CompareNode, builders: ClosureBuilders): TruthClosure {
  const { left, right, operator } = node;
  if (left.kind === 'signal' && right.kind === 'literal') {
    return slotAgainstLiteral(left.slot, operator, Number(right.value));
  }
  if (left.kind === 'literal' && right.kind === 'signal') {
    return slotAgainstLiteral(right.slot, MIRRORED[operator], Number(left.value));
  }
  return twoNumbers(builders.number(left), operator, builders.number(right));
}

/** Most of what analysts write: one signal against one number. */
function slotAgainstLiteral(
  slot: number,
  operator: CompareOperator,
  literal: number,
): TruthClosure {
  switch (operator) {
    case '==':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v === literal ? TRUE : v === v ? FALSE : UNKNOWN;
      };
    case '!=':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v === literal ? FALSE : v === v ? TRUE : UNKNOWN;
      };
    case '<':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v < literal ? TRUE : v === v ? FALSE : UNKNOWN;
      };
    case '<=':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v <= literal ? TRUE : v === v ? FALSE : UNKNOWN;
      };
    case '>':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v > literal ? TRUE : v === v ? FALSE : UNKNOWN;
      };
    case '>=':
      return ({ numbers }) => {
        const v = numbers[slot]!;
        return v >= literal ? TRUE : v === v ? FALSE : UNKNOWN;
      };
  }
}

function twoNumbers(
  left: NumberClosure,
  operator: CompareOperator,
  right: NumberClosure,
): TruthClosure {
  const compare = (test: (a: number, b: number) => boolean): TruthClosure => {
    return (record) => {
      const a = left(record);
      const b = right(record);
      if (test(a, b)) return a === a && b === b ? TRUE : UNKNOWN;
      return a === a && b === b ? FALSE : UNKNOWN;
    };
  };
  switch (operator) {
    case '==':
      return compare((a, b) => a === b);
    case '!=':
      return compare((a, b) => a !== b);
    case '<':
      return compare((a, b) => a < b);
    case '<=':
      return compare((a, b) => a <= b);
    case '>':
      return compare((a, b) => a > b);
    case '>=':
      return compare((a, b) => a >= b);
  }
}

function truthComparison(node: CompareNode, builders: ClosureBuilders): TruthClosure {
  const left = builders.truth(node.left);
  const right = builders.truth(node.right);
  const whenEqual = node.operator === '==' ? TRUE : FALSE;
  const whenOther = node.operator === '==' ? FALSE : TRUE;
  return (record) => {
    const a = left(record);
    const b = right(record);
    if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
    return a === b ? whenEqual : whenOther;
  };
}

function textAgainstLiteral(
  left: TypedNode,
  literal: string,
  operator: CompareOperator,
  builders: ClosureBuilders,
): TruthClosure {
  const whenEqual = operator === '==' ? TRUE : FALSE;
  const whenOther = operator === '==' ? FALSE : TRUE;
  if (left.kind === 'signal') {
    const { slot } = left;
    return ({ strings }) => {
      const v = strings[slot]!;
      return v === literal ? whenEqual : v === null ? UNKNOWN : whenOther;
    };
  }
  const text = builders.text(left);
  return (record) => {
    const v = text(record);
    return v === literal ? whenEqual : v === null ? UNKNOWN : whenOther;
  };
}

function textComparison(node: CompareNode, builders: ClosureBuilders): TruthClosure {
  const left = builders.text(node.left);
  const right = builders.text(node.right);
  const whenEqual = node.operator === '==' ? TRUE : FALSE;
  const whenOther = node.operator === '==' ? FALSE : TRUE;
  return (record) => {
    const a = left(record);
    const b = right(record);
    if (a === null || b === null) return UNKNOWN;
    return a === b ? whenEqual : whenOther;
  };
}
