import type { ASTNode } from '@marcbachmann/cel-js';
import { tokenKindOf } from '#contracts/token-values.js';

import { expectType, type Checker, type CheckScope } from './check-scope.js';
import { functionSpecs, methodNames, specialFunctions, type FunctionSpec } from './functions.js';
import type { ListLookup } from './lists.js';
import { didYouMean, ExpressionRefused } from './problem.js';
import { tokenKindOfNode } from './token-kind.js';
import type { CallNode, TypedNode } from './typed-node.js';
import { ZoneClock } from './zone-clock.js';

interface Call {
  readonly name: string;
  readonly position: number;
  readonly args: readonly ASTNode[];
  readonly check: Checker;
}

export function checkCall(
  ast: Extract<ASTNode, { op: 'call' }>,
  scope: CheckScope,
  check: Checker,
): TypedNode {
  const [name, args] = ast.args;
  const call: Call = { name, position: ast.start, args, check };
  switch (name) {
    case 'has':
      return checkHas(call);
    case 'is_missing':
      return { kind: 'not', type: 'boolean', position: call.position, operand: checkHas(call) };
    case 'in_list':
      return checkInList(call, scope);
    case 'coalesce':
      return checkCoalesce(call);
    case 'timestamp':
      return checkTimestamp(call);
    default:
      return checkFunction(call);
  }
}

/**
 * The CEL spelling `text.startsWith("x")`; anything else with a dot is refused with the function to
 * use.
 */
export function checkMethod(
  ast: Extract<ASTNode, { op: 'rcall' }>,
  _scope: CheckScope,
  check: Checker,
): TypedNode {
  const [method, receiver, args] = ast.args;
  const name = methodNames.get(method);
  if (name === undefined) {
    const known = [...methodNames.keys()];
    throw new ExpressionRefused(
      `unknown method .${method}()${didYouMean(method, known)}`,
      ast.start,
      functionSpecs.has(method)
        ? `write ${functionSpecs.get(method)!.usage}`
        : `methods are ${known.map((each) => `.${each}()`).join(', ')}`,
    );
  }
  return checkFunction({ name, position: ast.start, args: [receiver, ...args], check });
}

function checkHas(call: Call): TypedNode {
  const operand = call.check(only(call, 1, `${call.name}(x)`)[0]!);
  return { kind: 'has', type: 'boolean', position: call.position, operand };
}

function checkInList(call: Call, scope: CheckScope): TypedNode {
  const [listAst, valueAst] = only(call, 2, 'in_list("name", value)');
  if (listAst!.op !== 'value' || typeof listAst!.args !== 'string') {
    const hint = 'write in_list("blocked_cards", card)';
    throw new ExpressionRefused('in_list needs the name of a list in quotes', listAst!.start, hint);
  }
  const name = listAst!.args;
  const list = scope.lists?.find(name);
  if (list === undefined) {
    const names = [...(scope.lists?.names() ?? [])];
    throw new ExpressionRefused(
      `unknown list ${name}${didYouMean(name, names)}`,
      listAst!.start,
      names.length === 0 ? 'no lists are loaded' : undefined,
    );
  }
  const value = call.check(valueAst!);
  if (value.type !== 'token') expectType(value, 'string', 'in_list');
  const fits =
    value.type === 'token'
      ? list.tokenKind !== null && list.tokenKind === tokenKindOfNode(value)
      : list.tokenKind === null;
  if (!fits) throw listMisfit(list, value, scope);
  return { kind: 'list', type: 'boolean', position: call.position, list: name, value };
}

function listMisfit(list: ListLookup, value: TypedNode, scope: CheckScope): ExpressionRefused {
  const asked = value.kind === 'signal' ? value.name : `a ${value.type}`;
  const fitting = scope.schema.definitions.find(
    ({ name, type }) => type === 'token' && tokenKindOf(name) === list.tokenKind,
  );
  return new ExpressionRefused(
    `the list ${list.name} holds ${list.kind} values, ${asked} is never among them`,
    value.position,
    fitting === undefined
      ? `begin the list with \`# kind: ${asked}\``
      : `write in_list("${list.name}", ${fitting.name})`,
  );
}

function checkCoalesce(call: Call): TypedNode {
  if (call.args.length < 2) throw wrongCount(call, 'coalesce(x, y, …)');
  const operands = call.args.map((arg) => call.check(arg));
  const { type } = operands[0]!;
  operands.forEach((operand) => expectType(operand, type, 'coalesce'));
  return { kind: 'coalesce', type, position: call.position, operands };
}

function checkTimestamp(call: Call): TypedNode {
  const [arg] = only(call, 1, 'timestamp("2026-01-31T00:00:00Z")');
  const text = arg!.op === 'value' && typeof arg!.args === 'string' ? arg!.args : '';
  // RFC 3339: a zone is required, so that a rule means the same instant on every machine.
  const shaped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const value = shaped ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(value)) {
    const hint = 'write timestamp("2026-01-31T00:00:00Z")';
    throw new ExpressionRefused('timestamp needs an RFC 3339 time in quotes', arg!.start, hint);
  }
  return { kind: 'literal', type: 'timestamp', position: call.position, value };
}

function checkFunction(call: Call): TypedNode {
  const spec = functionSpecs.get(call.name);
  if (spec === undefined) {
    const known = [...functionSpecs.keys(), ...specialFunctions];
    throw new ExpressionRefused(
      `unknown function ${call.name}()${didYouMean(call.name, known)}`,
      call.position,
      call.name === 'matches' ? 'use starts_with, ends_with or contains' : undefined,
    );
  }
  if (spec.family === 'calendar') return checkCalendar(call, spec);
  const variadic = call.name === 'min' || call.name === 'max';
  const count = spec.parameters.length;
  if (variadic ? call.args.length < count : call.args.length !== count) {
    throw wrongCount(call, spec.usage);
  }
  const operands = call.args.map((arg, index) =>
    expectType(call.check(arg), spec.parameters[Math.min(index, count - 1)]!, call.name),
  );
  if (!variadic) return callNode(call, spec, operands);
  const [first, ...rest] = operands;
  return rest.reduce((left, right) => callNode(call, spec, [left, right]), first!);
}

function checkCalendar(call: Call, spec: FunctionSpec): TypedNode {
  const [timeAst, zoneAst] = call.args;
  if (timeAst === undefined || call.args.length > 2) throw wrongCount(call, spec.usage);
  const time = expectType(call.check(timeAst), 'timestamp', call.name);
  if (zoneAst === undefined) return callNode(call, spec, [time], 'UTC');
  const zone = zoneAst.op === 'value' && typeof zoneAst.args === 'string' ? zoneAst.args : null;
  if (zone === null || ZoneClock.of(zone) === null) {
    throw new ExpressionRefused(
      zone === null ? 'the time zone must be a literal' : `unknown time zone ${zone}`,
      zoneAst.start,
      'use an IANA name such as "Europe/Vienna"',
    );
  }
  return callNode(call, spec, [time], zone);
}

function callNode(
  call: Call,
  spec: FunctionSpec,
  operands: readonly TypedNode[],
  zone: string | null = null,
): CallNode {
  const { name, position } = call;
  return { kind: 'call', type: spec.result, position, name, operands, zone };
}

function only(call: Call, count: number, usage: string): readonly ASTNode[] {
  if (call.args.length !== count) throw wrongCount(call, usage);
  return call.args;
}

function wrongCount(call: Call, usage: string): ExpressionRefused {
  const count = call.args.length;
  const values = count === 1 ? '1 value' : `${count} values`;
  return new ExpressionRefused(
    `${call.name} does not take ${values}`,
    call.position,
    `write ${usage}`,
  );
}
