import { tokenKindOf } from '#contracts/token-values.js';

import { ExpressionRefused } from './problem.js';
import type { TypedNode } from './typed-node.js';

/**
 * The kind of a personal value's pseudonym; null where the branches of an expression are of several
 * kinds, so that it equals nothing for certain.
 */
export function tokenKindOfNode(node: TypedNode): string | null {
  switch (node.kind) {
    case 'signal':
      return tokenKindOf(node.name);
    case 'coalesce':
      return commonKind(node.operands);
    case 'ternary':
      return commonKind([node.whenTrue, node.whenFalse]);
    case 'literal':
    case 'not':
    case 'and':
    case 'or':
    case 'compare':
    case 'arithmetic':
    case 'member':
    case 'list':
    case 'has':
    case 'call':
      return null;
  }
}

function commonKind(nodes: readonly TypedNode[]): string | null {
  const [first, ...rest] = nodes.map(tokenKindOfNode);
  return first !== undefined && rest.every((kind) => kind === first) ? first : null;
}

/**
 * The same text hashed as two kinds gives two pseudonyms: values of different kinds are never
 * equal.
 */
export function refuseMixedKinds(left: TypedNode, right: TypedNode): void {
  if (left.type !== 'token' || right.type !== 'token') return;
  const kinds = [tokenKindOfNode(left), tokenKindOfNode(right)];
  if (kinds[0] !== null && kinds[0] === kinds[1]) return;
  throw new ExpressionRefused(
    `${kinds[0] ?? 'this'} and ${kinds[1] ?? 'this'} are hashed apart and never equal`,
    right.position,
    'only personal values of one kind can be compared, such as the two postal codes',
  );
}
