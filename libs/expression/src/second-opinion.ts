import { Environment } from '@marcbachmann/cel-js';
import type { SignalSchema, SignalType } from '#contracts/signals.js';

import { functionSpecs } from './functions.js';
import { printExpression } from './print.js';
import type { TypedNode, ValueType } from './typed-node.js';

/**
 * Personal values have a CEL type of their own, so that no operator or text function accepts them.
 */
class Token {}

const CEL_TYPES: Readonly<Record<SignalType, string>> = {
  number: 'double',
  boolean: 'bool',
  string: 'string',
  timestamp: 'google.protobuf.Timestamp',
  token: 'token',
};

const environments = new WeakMap<SignalSchema, Environment>();

/**
 * Has the maintained CEL checker judge what our checker accepted. The two were written apart, so an
 * expression must pass both; they see the same tree, ours printed as canonical CEL with every
 * number a double.
 *
 * @returns null when it agrees, else what it says.
 */
export function refusalByCel(node: TypedNode, schema: SignalSchema): string | null {
  let environment = environments.get(schema);
  if (environment === undefined) {
    environment = createCelEnvironment(schema);
    environments.set(schema, environment);
  }
  const result = environment.check(celText(node));
  if (result.valid && result.type === CEL_TYPES[node.type]) return null;
  const found = result.error?.summary ?? `its type is ${result.type ?? 'unknown'}`;
  return `the CEL checker refuses this expression: ${found}`;
}

/**
 * Where CEL's own function means something else (a field's presence) or gives an int, ours goes by
 * another name.
 */
const CEL_NAMES: Readonly<Record<string, string>> = { 'has(': 'has_value(', 'size(': 'text_size(' };

/**
 * The expression for cel-js: canonical, with the functions that would clash renamed outside of
 * quotes.
 */
export function celText(node: TypedNode): string {
  return printExpression(node).replaceAll(
    /"(?:[^"\\]|\\.)*"|\b(?:has|size)\(/g,
    (part) => CEL_NAMES[part] ?? part,
  );
}

/**
 * Declares the signals and functions for cel-js. The functions here are types only: nothing is
 * evaluated with it.
 */
function createCelEnvironment(schema: SignalSchema): Environment {
  const environment = new Environment({ limits: { maxAstNodes: 4_000, maxDepth: 250 } });
  environment.registerType('token', { ctor: Token, fields: {} });
  for (const { name, type } of schema.definitions) {
    environment.registerVariable(name, CEL_TYPES[type]);
  }
  const never = (): never => {
    throw new Error('this environment only checks');
  };
  environment.registerOperator('token == token', never);
  environment.registerOperator('double % double: double', never);
  const declare = (name: string, parameters: readonly ValueType[], result: ValueType): void => {
    const types = parameters.map((type) => CEL_TYPES[type]).join(', ');
    environment.registerFunction(`${name}(${types}): ${CEL_TYPES[result]}`, never);
  };
  const every = Object.keys(CEL_TYPES) as ValueType[];
  for (const type of every) {
    declare('has_value', [type], 'boolean');
    declare('is_missing', [type], 'boolean');
    for (let count = 2; count <= 8; count += 1) {
      declare(
        'coalesce',
        Array.from({ length: count }, () => type),
        type,
      );
    }
  }
  declare('in_list', ['string', 'token'], 'boolean');
  declare('in_list', ['string', 'string'], 'boolean');
  for (const [name, spec] of functionSpecs) {
    const zone = spec.family === 'calendar' ? (['string'] as const) : [];
    declare(
      CEL_NAMES[`${name}(`]?.slice(0, -1) ?? name,
      [...spec.parameters, ...zone],
      spec.result,
    );
  }
  return environment;
}
