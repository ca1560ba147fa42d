import type { TypedNode } from './typed-node.js';

/**
 * The expression in one canonical spelling, valid CEL: equal parts of different rules print alike,
 * and the maintained CEL checker reads it as a second opinion.
 */
export function printExpression(node: TypedNode): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node.type, node.value);
    case 'signal':
      return node.name;
    case 'not':
      return node.operand.kind === 'has'
        ? `is_missing(${printExpression(node.operand.operand)})`
        : `!${operandText(node.operand)}`;
    case 'and':
      return node.operands.map(operandText).join(' && ');
    case 'or':
      return node.operands.map(operandText).join(' || ');
    case 'ternary':
      return [node.condition, node.whenTrue, node.whenFalse]
        .map(operandText)
        .reduce((text, part, index) => `${text} ${index === 1 ? '?' : ':'} ${part}`);
    case 'compare':
    case 'arithmetic':
      return `${operandText(node.left)} ${node.operator} ${operandText(node.right)}`;
    case 'member':
      return `${operandText(node.value)} in [${node.items.map(printExpression).join(', ')}]`;
    case 'list':
      return `in_list(${JSON.stringify(node.list)}, ${printExpression(node.value)})`;
    case 'has':
      return `has(${printExpression(node.operand)})`;
    case 'coalesce':
      return `coalesce(${node.operands.map(printExpression).join(', ')})`;
    case 'call': {
      const args = node.operands.map(printExpression);
      if (node.zone !== null) args.push(JSON.stringify(node.zone));
      return `${node.name}(${args.join(', ')})`;
    }
  }
}

const INFIX: ReadonlySet<TypedNode['kind']> = new Set([
  'and',
  'or',
  'ternary',
  'compare',
  'arithmetic',
  'member',
]);

function operandText(node: TypedNode): string {
  const text = printExpression(node);
  return INFIX.has(node.kind) ? `(${text})` : text;
}

function printLiteral(type: string, value: number | string | boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (type === 'timestamp') return `timestamp("${new Date(value).toISOString()}")`;
  // String(-0) is '0', but 1 / -0 is another infinity: the two must not print alike.
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
