import type { ASTNode } from '@marcbachmann/cel-js';
import type { SignalSchema } from '#contracts/signals.js';

import type { ListCatalogue } from './lists.js';
import { ExpressionRefused } from './problem.js';
import type { TypedNode, ValueType } from './typed-node.js';

/** What names an expression may use. */
export interface CheckScope {
  readonly schema: SignalSchema;
  readonly lists: ListCatalogue | undefined;
}

/**
 * Checks one sub-expression; passed to the files that check calls, so that they need not import
 * this one.
 */
export type Checker = (ast: ASTNode) => TypedNode;

const NEEDS: Readonly<Record<ValueType, string>> = {
  boolean: 'a true-or-false value',
  number: 'a number',
  string: 'a text',
  timestamp: 'a time',
  token: 'a personal value',
};

/** @param where  The operator or function that needs the type. */
export function expectType(node: TypedNode, type: ValueType, where: string): TypedNode {
  if (node.type === type) return node;
  const found = node.kind === 'signal' ? `${node.name} is` : 'this is';
  const concat = where === '+' && node.type === 'string' ? 'texts are not joined' : undefined;
  const test = type === 'boolean' && node.type === 'number' ? 'compare it, such as x > 0' : concat;
  throw new ExpressionRefused(
    `${where} needs ${NEEDS[type]}; ${found} ${NEEDS[node.type]}`,
    node.position,
    test,
  );
}
