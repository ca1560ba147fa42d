import type { ASTNode } from '@marcbachmann/cel-js';

import { checkCall, checkMethod } from './check-call.js';
import { expectType, type Checker, type CheckScope } from './check-scope.js';
import { DEPTH_MAX } from './parse.js';
import { didYouMean, ExpressionRefused } from './problem.js';
import { refuseMixedKinds } from './token-kind.js';
import type {
  ArithmeticOperator,
  CompareOperator,
  LiteralNode,
  TypedNode,
  ValueType,
} from './typed-node.js';

/**
 * Gives every part of a parsed expression its type and slot.
 *
 * @throws ExpressionRefused with the position and, where it can be guessed, the fix.
 */
export function checkExpression(ast: ASTNode, scope: CheckScope): TypedNode {
  let depth = 0;
  const check: Checker = (node) => {
    depth += 1;
    if (depth > DEPTH_MAX * 2 && !isChain(node)) {
      throw new ExpressionRefused('the expression is nested too deep', node.start);
    }
    const typed = checkNode(node, scope, check);
    depth -= 1;
    return typed;
  };
  return check(ast);
}

/** `a && b && c` and `a + b + c` lean to the left: long, not deep. */
function isChain(node: ASTNode): boolean {
  return node.op === '&&' || node.op === '||' || node.op === '+' || node.op === '*';
}

function checkNode(ast: ASTNode, scope: CheckScope, check: Checker): TypedNode {
  switch (ast.op) {
    case 'value':
      return checkLiteral(ast);
    case 'id':
      return checkSignal(ast, scope);
    case '!_':
      return {
        kind: 'not',
        type: 'boolean',
        position: ast.start,
        operand: expectType(check(ast.args), 'boolean', '!'),
      };
    case '-_':
      return checkMinus(ast, check);
    case '&&':
    case '||':
      return checkLogic(ast, check);
    case '?:':
      return checkTernary(ast, check);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return checkCompare(ast, check);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return checkArithmetic(ast, check);
    case 'in':
      return checkMember(ast, check);
    case 'call':
      return checkCall(ast, scope, check);
    case 'rcall':
      return checkMethod(ast, scope, check);
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      throw new ExpressionRefused('values have no parts', ast.start, hintForAccess(ast));
    case 'list':
      throw new ExpressionRefused('a list of values stands only after `in`', ast.start);
    case 'map':
      throw new ExpressionRefused('maps are not part of the rule language', ast.start);
  }
}

function hintForAccess(ast: ASTNode): string {
  const flat = ast.input.slice(ast.start, ast.end).replaceAll('.', '_');
  return `signal names are flat, such as ${/^\w+$/.test(flat) ? flat : 'card_country'}`;
}

function checkLiteral(ast: Extract<ASTNode, { op: 'value' }>): LiteralNode {
  const value = ast.args;
  const position = ast.start;
  if (typeof value === 'number') return { kind: 'literal', type: 'number', position, value };
  if (typeof value === 'string') return { kind: 'literal', type: 'string', position, value };
  if (typeof value === 'boolean') return { kind: 'literal', type: 'boolean', position, value };
  if (typeof value === 'bigint') {
    // CEL's `10` is a 64-bit integer; here every number is a double, so that `amount > 10` needs no
    // `.0`.
    const number = Number(value);
    if (!Number.isSafeInteger(number)) {
      throw new ExpressionRefused(`${value} is too large to be exact`, position);
    }
    return { kind: 'literal', type: 'number', position, value: number };
  }
  if (value === null) {
    throw new ExpressionRefused('null is not a value', position, 'use has(x) or is_missing(x)');
  }
  throw new ExpressionRefused('this kind of literal is not part of the language', position);
}

function checkSignal(ast: Extract<ASTNode, { op: 'id' }>, scope: CheckScope): TypedNode {
  const name = ast.args;
  const slot = scope.schema.slotOf(name);
  const definition = scope.schema.definitionOf(name);
  if (slot === undefined || definition === undefined) {
    const names = scope.schema.definitions.map((signal) => signal.name);
    throw new ExpressionRefused(
      `unknown feature ${name}${didYouMean(name, names)}`,
      ast.start,
      scope.lists?.find(name) === undefined
        ? undefined
        : `${name} is a list: write in_list("${name}", value)`,
    );
  }
  return { kind: 'signal', type: definition.type, position: ast.start, name, slot };
}

function checkMinus(ast: Extract<ASTNode, { op: '-_' }>, check: Checker): TypedNode {
  const operand = expectType(check(ast.args), 'number', '-');
  const position = ast.start;
  const minusOne: LiteralNode = { kind: 'literal', type: 'number', position, value: -1 };
  return foldArithmetic('*', minusOne, operand);
}

function checkLogic(ast: Extract<ASTNode, { op: '&&' | '||' }>, check: Checker): TypedNode {
  const operands: TypedNode[] = [];
  const collect = (side: ASTNode): void => {
    if (side.op === ast.op) {
      const [left, right] = side.args as [ASTNode, ASTNode];
      collect(left);
      collect(right);
    } else {
      operands.push(expectType(check(side), 'boolean', ast.op));
    }
  };
  collect(ast);
  const kind = ast.op === '&&' ? 'and' : 'or';
  return { kind, type: 'boolean', position: ast.start, operands };
}

function checkTernary(ast: Extract<ASTNode, { op: '?:' }>, check: Checker): TypedNode {
  const condition = expectType(check(ast.args[0]), 'boolean', '?:');
  const whenTrue = check(ast.args[1]);
  const whenFalse = check(ast.args[2]);
  if (whenTrue.type !== whenFalse.type) {
    throw new ExpressionRefused(
      `both results of ?: must be of one type, these are ${whenTrue.type} and ${whenFalse.type}`,
      whenFalse.position,
    );
  }
  const { type } = whenTrue;
  return { kind: 'ternary', type, position: ast.start, condition, whenTrue, whenFalse };
}

function checkCompare(ast: Extract<ASTNode, { op: CompareOperator }>, check: Checker): TypedNode {
  const operator = ast.op;
  const left = check(ast.args[0]);
  const right = check(ast.args[1]);
  refuseTokenLiteral(left, right);
  if (left.type !== right.type) {
    throw new ExpressionRefused(
      `${left.type} and ${right.type} cannot be compared`,
      ast.start,
      hintForMix(left, right),
    );
  }
  refuseMixedKinds(left, right);
  const ordered = left.type === 'number' || left.type === 'timestamp';
  if (!ordered && operator !== '==' && operator !== '!=') {
    throw new ExpressionRefused(`${left.type} values have no order: only == and != fit`, ast.start);
  }
  return { kind: 'compare', type: 'boolean', position: ast.start, operator, left, right };
}

/**
 * A personal value is known only as a keyed hash, so comparing it with a literal could never be
 * true.
 */
export function refuseTokenLiteral(a: TypedNode, b: TypedNode): void {
  const token = a.type === 'token' ? a : b.type === 'token' ? b : undefined;
  const other = token === a ? b : a;
  if (token === undefined || other.type === 'token') return;
  const name = token.kind === 'signal' ? token.name : 'this value';
  throw new ExpressionRefused(
    `${name} is personal and known only as a keyed hash: it cannot be compared with ` +
      (other.kind === 'literal' ? 'a literal' : `a ${other.type}`),
    other.position,
    `put the value into a list of kind ${name} and write in_list("my_list", ${name})`,
  );
}

function hintForMix(left: TypedNode, right: TypedNode): string | undefined {
  const types: ValueType[] = [left.type, right.type];
  if (types.includes('timestamp')) return 'write timestamp("2026-01-31T00:00:00Z")';
  if (types.includes('number') && types.includes('string')) return 'numbers stand without quotes';
  if (types.includes('boolean')) return 'a boolean is compared with true or false';
  return undefined;
}

function checkArithmetic(
  ast: Extract<ASTNode, { op: ArithmeticOperator }>,
  check: Checker,
): TypedNode {
  const left = check(ast.args[0]);
  const right = check(ast.args[1]);
  if (left.type === 'timestamp' && right.type === 'timestamp' && ast.op === '-') {
    throw new ExpressionRefused(
      'times are not subtracted',
      ast.start,
      'use days_between(from, to)',
    );
  }
  expectType(left, 'number', ast.op);
  expectType(right, 'number', ast.op);
  return foldArithmetic(ast.op, left, right);
}

function foldArithmetic(
  operator: ArithmeticOperator,
  left: TypedNode,
  right: TypedNode,
): TypedNode {
  const { position } = left;
  if (left.kind === 'literal' && right.kind === 'literal') {
    const value = applyArithmetic(operator, left.value as number, right.value as number);
    if (Number.isFinite(value)) return { kind: 'literal', type: 'number', position, value };
    throw new ExpressionRefused('this is not a finite number', position);
  }
  return { kind: 'arithmetic', type: 'number', position, operator, left, right };
}

/**
 * IEEE 754 doubles, as CEL's: x / 0 is infinite, 0 / 0 is NaN and therefore unknown. `%` keeps the
 * dividend's sign.
 */
export function applyArithmetic(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function checkMember(ast: Extract<ASTNode, { op: 'in' }>, check: Checker): TypedNode {
  const value = check(ast.args[0]);
  const list = ast.args[1];
  if (list.op !== 'list') {
    const hint = 'write x in ["a", "b"], or in_list("name", x) for a list file';
    throw new ExpressionRefused('`in` needs values in brackets', list.start, hint);
  }
  if (list.args.length === 0) {
    throw new ExpressionRefused('nothing is in an empty list', list.start);
  }
  const items = list.args.map((item) => {
    const checked = check(item);
    refuseTokenLiteral(value, checked);
    refuseMixedKinds(value, checked);
    if (checked.type !== value.type) {
      throw new ExpressionRefused(
        `this is a ${checked.type}, but the value before \`in\` is a ${value.type}`,
        checked.position,
      );
    }
    return checked;
  });
  return { kind: 'member', type: 'boolean', position: ast.start, value, items };
}
